// What libcurl says about the end of a transfer, as an HttpFailure and as a sentence.
#pragma once

#include <cstdint>
#include <string>

#include "tools/common/http/http_client.h"

namespace capstan::tools {

// How a transfer ended, in libcurl's numbers.
struct CurlEnd {
  int code = 0;             // CURLcode
  long verify_result = 0;   // X509_V_ERR_*; 0: none
  int error_number = 0;     // errno of the connection; 0: not known
  bool head_began = false;  // the answer's head had begun
  std::string words;        // libcurl's own; empty: none
};

HttpFailure failure_of(const CurlEnd& end) noexcept;
// Without the server's name in front. Empty for no failure.
std::string failure_text(const CurlEnd& end, const HttpOptions& options);
// A connection is there, and TLS was not within this time.
std::string tls_limit_text(std::uint64_t limit_ns);
// The same for a failure that did not come from libcurl.
std::string limit_text(HttpFailure failure, const HttpOptions& options);

}  // namespace capstan::tools
