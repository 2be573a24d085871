// Access: who may ask, and whether the question comes from where it says. Decides; the server acts.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::serve {

struct Token {
  std::string name;  // who it was given to, for the log and the limits
  std::string secret;
};

// Lines "NAME SECRET" or "SECRET"; empty ones and those that begin with '#' are passed over.
// Throws UsageError that names the line: a secret of less than 20 characters, a name twice, none.
std::vector<Token> parse_tokens(std::string_view text, const std::string& path);
// 32 bytes of the kernel's random numbers in hexadecimal.
std::string make_secret();

// The head of a request as far as access goes; empty: not there.
struct RequestHead {
  std::string_view host;
  std::string_view origin;
  std::string_view fetch_site;     // Sec-Fetch-Site
  std::string_view authorization;  // Authorization
};

struct AccessRules {
  bool tls = false;
  std::uint16_t port = 0;
  std::vector<std::string> hosts;  // names and addresses this server is called by
  // Whether the certificate is for that name; empty: there is none.
  std::function<bool(const std::string& host)> certified;
  std::vector<Token> tokens;
};

// Any thread; changes nothing after its construction.
class Access {
 public:
  explicit Access(AccessRules rules);

  // Empty: fine. Otherwise a sentence for who asked: another Host than ours (a name that somebody
  // points here), an Origin that is not this server, a request that another site's page makes.
  std::string foreign(const RequestHead& head) const;

  // The name of the token given; nullopt: none that is right. Takes the same time for all wrong
  // ones of a length.
  std::optional<std::string> holder(std::string_view authorization) const;
  bool has_tokens() const noexcept { return !rules_.tokens.empty(); }

  // A ticket stands for a token in one address for a short time, for what a browser fetches without
  // headers: a download. "EXPIRY.NAME.MAC", the MAC over name, expiry and the whole target.
  static constexpr std::uint64_t kTicketSeconds = 120;
  std::string ticket(const std::string& name, std::string_view target, std::uint64_t now_s) const;
  // The name; `target` without the ticket.
  std::optional<std::string> ticket_holder(std::string_view ticket, std::string_view target,
                                           std::uint64_t now_s) const;

 private:
  std::string mac(const std::string& name, std::uint64_t expiry_s, std::string_view target) const;

  AccessRules rules_;
  std::array<std::uint8_t, 32> key_{};  // of tickets, made at the start
};

}  // namespace capstan::serve
