#include "tools/common/http/http_failure.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cctype>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "tools/common/units.h"

namespace capstan::tools {

namespace {

std::string milliseconds(std::uint64_t ms) {
  return human_duration(ms * kNanosecondsPerMillisecond);
}

std::string certificate_text(const CurlEnd& end) {
  // Names are compared by libcurl itself, behind OpenSSL's own judgement.
  if (end.verify_result == X509_V_OK || end.words.find("subject name") != std::string::npos) {
    return "its certificate is for another name: ask it by a name that is in its certificate, or "
           "give it one for this name";
  }
  switch (end.verify_result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "its certificate has expired: it needs a new one (or this machine's clock is wrong)";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "its certificate is not valid yet: this machine's clock or the other one's is wrong";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "its certificate is of no certificate authority known here: name the one that issued "
             "it";
    default:
      return fmt::format("its certificate is not accepted: {}",
                         ::X509_verify_cert_error_string(end.verify_result));
  }
}

// OpenSSL's words behind its numbers: "... tlsv13 alert certificate required, errno 0".
std::string tls_text(const CurlEnd& end) {
  const auto says = [&end](const char* words) {
    return end.words.find(words) != std::string::npos;
  };
  if (says("wrong version number") || says("unknown protocol") || says("packet length too long")) {
    return "it does not speak TLS there: is its address http:// instead?";
  }
  if (says("alert")) {
    const std::size_t at = end.words.rfind("alert ");
    std::string why = end.words.substr(at + 6);
    why = why.substr(0, why.find(','));
    return fmt::format("it ended the TLS handshake: {}; is our certificate one that it accepts?",
                       why);
  }
  return fmt::format("TLS failed: {}", end.words.empty() ? "without a reason" : end.words);
}

bool is_alert(const CurlEnd& end) { return end.words.find("alert") != std::string::npos; }

}  // namespace

HttpFailure failure_of(const CurlEnd& end) noexcept {
  switch (end.code) {
    case CURLE_OK:
      return HttpFailure::kNone;
    case CURLE_COULDNT_RESOLVE_HOST:
      return HttpFailure::kNoSuchHost;
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_INTERFACE_FAILED:
      return HttpFailure::kUnreachable;
    case CURLE_PEER_FAILED_VERIFICATION:
      return HttpFailure::kCertificate;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_USE_SSL_FAILED:
      return HttpFailure::kTls;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
      return HttpFailure::kNotHttp;
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      // In TLS 1.3 a server looks at our certificate behind the handshake.
      return is_alert(end) ? HttpFailure::kTls : HttpFailure::kBroken;
    default:
      return HttpFailure::kBroken;
  }
}

std::string tls_limit_text(std::uint64_t limit_ns) {
  return fmt::format("it did not answer TLS within {}: does it stand still?",
                     human_duration(limit_ns));
}

std::string failure_text(const CurlEnd& end, const HttpOptions& options) {
  switch (failure_of(end)) {
    case HttpFailure::kNone:
      return {};
    case HttpFailure::kNoSuchHost:
      return "no such name is known: is it spelt right, and does a name server know it?";
    case HttpFailure::kUnreachable:
      if (options.connect) {
        return end.code == CURLE_OPERATION_TIMEDOUT
                   ? tls_limit_text(options.connect_limit_ms * kNanosecondsPerMillisecond)
                   : "the connection to it ended before TLS";
      }
      if (end.code == CURLE_OPERATION_TIMEDOUT) {
        return fmt::format("not connected within {}: is it up, and does a firewall let us through?",
                           milliseconds(options.connect_limit_ms));
      }
      return fmt::format("no connection{}: is the server running there, on this port?",
                         end.error_number == 0 ? "" : " (" + errno_text(end.error_number) + ")");
    case HttpFailure::kCertificate:
      return certificate_text(end);
    case HttpFailure::kTls:
      if (end.code == CURLE_SSL_CERTPROBLEM) {
        return fmt::format("{} and {} are no certificate in PEM with its key: {}",
                           options.tls.certificate, options.tls.key, end.words);
      }
      if (end.code == CURLE_SSL_CACERT_BADFILE) {
        return fmt::format("{}: no certificates in PEM", options.tls.ca_file);
      }
      return tls_text(end);
    case HttpFailure::kNotHttp:
      return "what answers there is no HTTP server";
    default:
      if (!end.head_began) {
        return fmt::format("the connection ended before an answer came{}",
                           end.words.empty() ? "" : ": " + end.words);
      }
      return fmt::format("the connection ended in the middle of the answer{}",
                         end.words.empty() ? "" : ": " + end.words);
  }
}

std::string limit_text(HttpFailure failure, const HttpOptions& options) {
  switch (failure) {
    case HttpFailure::kStopped:
      return "interrupted";
    case HttpFailure::kSilent:
      return fmt::format("nothing came for {}", milliseconds(options.silence_limit_ms));
    case HttpFailure::kTooLarge:
      return fmt::format("the answer is larger than {}", human_bytes(options.most_body_bytes));
    case HttpFailure::kNotWanted:
      return "ended here";
    case HttpFailure::kBroken:
      return "the connection ended in the head of the answer";
    default:
      return {};
  }
}

const std::string* HttpResponse::find(const HttpHeaders& fields, std::string_view name) noexcept {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
  };
  for (const auto& [field, value] : fields) {
    if (std::equal(field.begin(), field.end(), name.begin(), name.end(), same)) return &value;
  }
  return nullptr;
}

std::string check_http_url(const std::string& url) {
  const std::unique_ptr<CURLU, decltype(&::curl_url_cleanup)> parsed(::curl_url(),
                                                                     &::curl_url_cleanup);
  if (!parsed) throw std::bad_alloc();
  const auto part = [&parsed](CURLUPart which, unsigned flags) {
    char* text = nullptr;
    std::string found;
    if (::curl_url_get(parsed.get(), which, &text, flags) == CURLUE_OK && text != nullptr) {
      found = text;
    }
    ::curl_free(text);
    return found;
  };
  // What is refused is not shown: it may hold a password.
  constexpr const char* kWanted = "an address is http://HOST:PORT/ or https://HOST:PORT/";
  if (::curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME) !=
      CURLUE_OK) {
    throw UsageError(kWanted);
  }
  const std::string scheme = part(CURLUPART_SCHEME, 0);
  if (scheme != "http" && scheme != "https") {
    throw UsageError(fmt::format("{}, not {}:", kWanted, printable(scheme)));
  }
  if (!part(CURLUPART_USER, 0).empty() || !part(CURLUPART_PASSWORD, 0).empty()) {
    throw UsageError(fmt::format("{} without a user and a password in it", kWanted));
  }
  if (!part(CURLUPART_FRAGMENT, 0).empty())
    throw UsageError(fmt::format("{} without '#'", kWanted));
  return printable(part(CURLUPART_HOST, 0) + ":" + part(CURLUPART_PORT, CURLU_DEFAULT_PORT));
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_' || c == '~') {
      encoded += c;
    } else {
      encoded += '%';
      encoded += kDigits[byte >> 4];
      encoded += kDigits[byte & 15];
    }
  }
  return encoded;
}

}  // namespace capstan::tools
