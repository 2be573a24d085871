#include "tools/serve/access.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "engine/core/errors.h"
#include "tools/serve/request_target.h"

namespace capstan::serve {

namespace {

constexpr std::size_t kShortestSecret = 20;

void fill_random(std::uint8_t* to, std::size_t size) {
  if (::getrandom(to, size, 0) != static_cast<ssize_t>(size)) throw_errno("get random numbers");
}

std::string hexadecimal(const std::uint8_t* bytes, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += fmt::format("{:02x}", bytes[i]);
  return text;
}

bool equal_secrets(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && ::CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string lowered(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  });
  return lower;
}

bool is_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '@';
  });
}

}  // namespace

std::vector<Token> parse_tokens(std::string_view text, const std::string& path) {
  constexpr const char* kBlanks = " \t\r";
  std::vector<Token> tokens;
  std::set<std::string> names;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == text.npos ? "" : text.substr(end + 1);
    while (!line.empty() && std::string_view(kBlanks).find(line.back()) != line.npos) {
      line.remove_suffix(1);
    }
    if (line.empty() || line.front() == '#') continue;
    const std::size_t blank = line.find_first_of(kBlanks);
    Token token;
    token.name = blank == line.npos ? fmt::format("line{}", number) : line.substr(0, blank);
    token.secret = blank == line.npos ? line : line.substr(line.find_first_not_of(kBlanks, blank));
    const std::string where = fmt::format("--token-file {}, line {}", path, number);
    if (token.secret.size() < kShortestSecret) {
      throw UsageError(
          fmt::format("{}: a token has at least {} characters; this makes one: "
                      "openssl rand -hex 32",
                      where, kShortestSecret));
    }
    if (!is_name(token.name) || token.secret.find_first_of(kBlanks) != token.secret.npos) {
      throw UsageError(
          fmt::format("{}: it is a name (letters, digits, - _ @), a blank and a token", where));
    }
    if (!names.insert(token.name).second) {
      throw UsageError(fmt::format("{}: the name {} is there twice", where, token.name));
    }
    tokens.push_back(std::move(token));
  }
  if (tokens.empty())
    throw UsageError(fmt::format("--token-file {}: there is no token in it", path));
  return tokens;
}

std::string make_secret() {
  std::array<std::uint8_t, 32> bytes{};
  fill_random(bytes.data(), bytes.size());
  return hexadecimal(bytes.data(), bytes.size());
}

Access::Access(AccessRules rules) : rules_(std::move(rules)) {
  for (std::string& host : rules_.hosts) host = lowered(host);
  fill_random(key_.data(), key_.size());
}

std::string Access::foreign(const RequestHead& head) const {
  const std::string host = lowered(head.host);
  std::string name = host;
  std::uint32_t port = rules_.tls ? 443 : 80;
  const std::size_t colon = host.rfind(':');
  const bool has_port = colon != host.npos && host.find(']', colon) == host.npos;
  if (has_port) {
    name = host.substr(0, colon);
    const auto [end, error] =
        std::from_chars(host.data() + colon + 1, host.data() + host.size(), port);
    if (error != std::errc{} || end != host.data() + host.size()) return "Host is no name and port";
  }
  const bool known =
      std::find(rules_.hosts.begin(), rules_.hosts.end(), name) != rules_.hosts.end() ||
      (rules_.certified && !name.empty() && rules_.certified(name));
  const bool is_dialled = rules_.dials && !has_port;
  if (!known || (port != rules_.port && !is_dialled)) {
    return "this server is not called by the name in Host; --host adds names";
  }
  const std::string self = (rules_.tls ? "https://" : "http://") + host;
  if (!head.origin.empty() && lowered(head.origin) != self) {
    return "Origin is another site";
  }
  const std::string_view site = head.fetch_site;
  if (!site.empty() && site != "same-origin" && site != "none") {
    return "another site's page asked for this";
  }
  return {};
}

std::optional<std::string> Access::holder(std::string_view authorization) const {
  constexpr std::string_view kScheme = "Bearer ";
  if (authorization.substr(0, kScheme.size()) != kScheme) return std::nullopt;
  const std::string_view secret = authorization.substr(kScheme.size());
  const Token* found = nullptr;
  for (const Token& token : rules_.tokens) {
    if (equal_secrets(token.secret, secret)) found = &token;
  }
  return found == nullptr ? std::nullopt : std::optional(found->name);
}

std::string Access::mac(const std::string& name, std::uint64_t expiry_s,
                        std::string_view target) const {
  const std::string text = fmt::format("{}\n{}\n{}", name, expiry_s, target);
  std::array<std::uint8_t, 32> digest{};
  unsigned size = digest.size();
  if (::HMAC(::EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
             reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(),
             &size) == nullptr) {
    throw std::runtime_error("make a ticket: HMAC failed");
  }
  return hexadecimal(digest.data(), digest.size());
}

std::string Access::ticket(const std::string& name, std::string_view target,
                           std::uint64_t now_s) const {
  const std::uint64_t expiry_s = now_s + kTicketSeconds;
  return fmt::format("{}.{}.{}", expiry_s, name, mac(name, expiry_s, target));
}

std::optional<std::string> Access::ticket_holder(std::string_view ticket, std::string_view target,
                                                 std::uint64_t now_s) const {
  const std::size_t first = ticket.find('.');
  const std::size_t last = ticket.rfind('.');
  if (first == ticket.npos || last == first) return std::nullopt;
  std::uint64_t expiry_s = 0;
  const auto [end, error] = std::from_chars(ticket.data(), ticket.data() + first, expiry_s);
  if (error != std::errc{} || end != ticket.data() + first) return std::nullopt;
  std::string name(ticket.substr(first + 1, last - first - 1));
  if (!equal_secrets(ticket.substr(last + 1), mac(name, expiry_s, target))) return std::nullopt;
  if (expiry_s < now_s || expiry_s > now_s + kTicketSeconds) return std::nullopt;
  return name;
}

}  // namespace capstan::serve
