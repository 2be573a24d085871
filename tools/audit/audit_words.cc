#include "tools/audit/audit_words.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>

#include "tools/common/units.h"

namespace capstan::tools {

namespace {

using audit::Credential;

// The length of the UTF-8 sequence at `at` (RFC 3629 section 4); 0 when it is none.
std::size_t utf8_length(std::string_view text, std::size_t at) noexcept {
  const auto byte = [text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned first = byte(at);
  const auto tail = [&byte](std::size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
  if (first >= 0xc2 && first <= 0xdf && tail(at + 1)) return 2;
  if (first >= 0xe0 && first <= 0xef && tail(at + 1) && tail(at + 2)) {
    const unsigned second = byte(at + 1);
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f)) return 0;
    return 3;
  }
  if (first >= 0xf0 && first <= 0xf4 && tail(at + 1) && tail(at + 2) && tail(at + 3)) {
    const unsigned second = byte(at + 1);
    if ((first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) return 0;
    return 4;
  }
  return 0;
}

template <typename Field>
std::string joined(const audit::SessionFacts& facts, Field field, std::string_view otherwise) {
  std::vector<std::string> seen;
  for (const Credential& credential : facts.credentials) {
    const std::string& value = credential.*field;
    if (!value.empty() && std::find(seen.begin(), seen.end(), value) == seen.end()) {
      seen.push_back(value);
    }
  }
  if (seen.empty()) return safe_text(otherwise);
  return safe_text(fmt::format("{}", fmt::join(seen, "|")));
}

struct tm utc(std::uint64_t time_ns) noexcept {
  const auto seconds = static_cast<time_t>(time_ns / 1'000'000'000);
  struct tm parts = {};
  ::gmtime_r(&seconds, &parts);
  return parts;
}

}  // namespace

std::string safe_text(std::string_view text) {
  std::string safe;
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x20 && byte < 0x7f) {
      safe.push_back(text[at++]);
      continue;
    }
    const std::size_t length = utf8_length(text, at);
    // C1 control characters (U+0080 to U+009F) steer terminals too.
    if (length == 0 ||
        (length == 2 && byte == 0xc2 && static_cast<unsigned char>(text[at + 1]) < 0xa0)) {
      safe.push_back('?');
      at += std::max<std::size_t>(length, 1);
      continue;
    }
    safe.append(text.substr(at, length));
    at += length;
  }
  return safe;
}

std::string user_text(const audit::Credential& credential) {
  if (!credential.user.empty() || credential.user_length == 0) return safe_text(credential.user);
  return fmt::format("(a name of {} bytes)", credential.user_length);
}

std::string users_of(const audit::SessionFacts& facts) {
  return joined(facts, &Credential::user, facts.user);
}
std::string mechanisms_of(const audit::SessionFacts& facts) {
  return joined(facts, &Credential::mechanism, facts.mechanism);
}

std::vector<std::string> reasons_of(audit::Reasons reasons) {
  std::vector<std::string> words;
  for (int bit = 0; bit < 32; ++bit) {
    const audit::Reasons one = audit::Reasons{1} << bit;
    if ((reasons & one) != 0) words.emplace_back(audit::reason_name(one));
  }
  return words;
}

std::string endpoint_text(const Address& address, std::uint16_t port, std::uint8_t ip_version) {
  const std::string text = address_text(address, ip_version);
  return ip_version == 6 ? fmt::format("[{}]:{}", text, port) : fmt::format("{}:{}", text, port);
}

std::string transport_text(std::uint8_t protocol) {
  if (protocol == kProtocolTcp) return "TCP";
  if (protocol == kProtocolUdp) return "UDP";
  switch (protocol) {
    case 1:
      return "ICMP";
    case 58:
      return "IPv6-ICMP";
    case 132:
      return "SCTP";
    case 50:
      return "ESP";
    case 51:
      return "AH";
    case 47:
      return "GRE";
    default:
      return fmt::format("{}", protocol);
  }
}

std::string service_text(const audit::SessionReport& report) {
  std::string text(audit::protocol_name(report.facts->protocol));
  if (report.facts->inner_protocol != audit::Protocol::kUnknown) {
    text += "/";
    text += audit::protocol_name(report.facts->inner_protocol);
  }
  return text;
}

std::string eve_time(std::uint64_t time_ns) {
  const struct tm parts = utc(time_ns);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}+0000", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     time_ns / 1000 % 1'000'000);
}

std::string plain_time(std::uint64_t time_ns) {
  const struct tm parts = utc(time_ns);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string zoned_time(std::uint64_t time_ns) {
  std::string text = local_time(time_ns);
  text.erase(text.find('.'), 10);  // the point and nine digits
  return text;
}

const audit::Credential* worst_credential(const audit::SessionFacts& facts) noexcept {
  const audit::Credential* worst = nullptr;
  const auto badness = [](audit::SecretKind kind) {
    switch (kind) {
      case audit::SecretKind::kPlain:
        return 4;
      case audit::SecretKind::kToken:
        return 3;
      case audit::SecretKind::kObfuscated:
        return 2;
      case audit::SecretKind::kHash:
        return 1;
      case audit::SecretKind::kNone:
        return 0;
    }
    return 0;
  };
  for (const audit::Credential& credential : facts.credentials) {
    if (worst == nullptr || badness(credential.kind) > badness(worst->kind)) worst = &credential;
  }
  return worst;
}

}  // namespace capstan::tools
