// Gate: decides from the head of a request what answers it: a page, an endpoint, or a refusal. Uses
// no types of the HTTP library, so that any bytes can be passed to it.
#pragma once

#include <optional>
#include <string>

#include "tools/serve/access.h"
#include "tools/serve/client_limits.h"
#include "tools/serve/endpoints.h"
#include "tools/serve/pages.h"
#include "tools/serve/serve_metrics.h"

namespace capstan::serve {

struct GateHead {
  std::string_view method;
  std::string_view target;
  RequestHead access;
  std::string_view fetch_mode;         // Sec-Fetch-Mode
  std::string_view fetch_destination;  // Sec-Fetch-Dest
  unsigned hosts = 1;                  // number of Host fields
  bool has_body = false;
  std::string address;                     // of the client
  std::optional<std::string> certificate;  // name in the client's certificate, if that is valid
};

// Exactly one of page, endpoint and status is set.
struct Verdict {
  const Page* page = nullptr;
  const Endpoint* endpoint = nullptr;
  RequestTarget target;  // without the ticket
  Question question;
  std::string who;

  unsigned status = 0;  // HTTP status of a refusal
  std::string why;
  HeaderLines headers;
};

class Gate {
 public:
  Gate(const Access& access, ClientLimits& limits, ServeMetrics& metrics)
      : access_(access), limits_(limits), metrics_(metrics) {}

  // `now_ns`: since 1970; `now_s`: monotonic clock. Throws no exception of its own.
  Verdict judge(const GateHead& head, std::uint64_t now_ns, std::uint64_t now_s);

 private:
  bool identify(const GateHead& head, Verdict& verdict, std::uint64_t now_ns, std::uint64_t now_s);

  const Access& access_;
  ClientLimits& limits_;
  ServeMetrics& metrics_;
};

}  // namespace capstan::serve
