#include "tools/audit/audit_words.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>

#include "engine/core/joined.h"
#include "tools/common/units.h"

namespace capstan::tools {

namespace {

using audit::Credential;

template <typename Field>
std::string all_of(const audit::SessionFacts& facts, Field field, std::string_view otherwise) {
  std::vector<std::string> seen;
  for (const Credential& credential : facts.credentials) {
    const std::string& value = credential.*field;
    if (!value.empty() && std::find(seen.begin(), seen.end(), value) == seen.end()) {
      seen.push_back(value);
    }
  }
  if (seen.empty()) return visible_text(otherwise);
  return visible_text(capstan::joined(seen, "|"));
}

struct tm utc(std::uint64_t time_ns) noexcept {
  const auto seconds = static_cast<time_t>(time_ns / 1'000'000'000);
  struct tm parts = {};
  ::gmtime_r(&seconds, &parts);
  return parts;
}

}  // namespace

std::string user_text(const audit::Credential& credential) {
  if (!credential.user.empty() || credential.user_length == 0) return visible_text(credential.user);
  return fmt::format("(a name of {} bytes)", credential.user_length);
}

std::string users_of(const audit::SessionFacts& facts) {
  return all_of(facts, &Credential::user, facts.user);
}
std::string mechanisms_of(const audit::SessionFacts& facts) {
  return all_of(facts, &Credential::mechanism, facts.mechanism);
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
