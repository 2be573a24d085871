// Access: decides who may send requests, and whether a request comes from where it claims. The
// server acts on the decision.
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
  std::string name;  // who has the token, for the log and the limits
  std::string secret;
};

// Parses lines "NAME SECRET" or "SECRET"; empty lines and lines that begin with '#' are skipped.
// Throws UsageError that names the line: a secret of less than 20 characters, a name used twice, no
// token at all.
std::vector<Token> parse_tokens(std::string_view text, const std::string& path);
// Returns 32 bytes from the kernel's random number generator in hexadecimal.
std::string make_secret();

// The header fields of a request that matter for access; empty: not present.
struct RequestHead {
  std::string_view host;
  std::string_view origin;
  std::string_view fetch_site;     // Sec-Fetch-Site
  std::string_view authorization;  // Authorization
};

struct AccessRules {
  bool tls = false;
  std::uint16_t port = 0;
  std::vector<std::string> hosts;  // names and addresses under which this server is called
  // Whether the certificate is valid for that name; empty: there is no certificate.
  std::function<bool(const std::string& host)> certified;
  std::vector<Token> tokens;
  // Connections that were dialled have no port: Host is a name alone.
  bool dials = false;
};

// Any thread; does not change after construction.
class Access {
 public:
  explicit Access(AccessRules rules);

  // Returns an empty text if the request is acceptable, otherwise a sentence for the client: a Host
  // that is not ours (somebody made another name point here), an Origin that is not this server, or
  // a request made by another site's page.
  std::string foreign(const RequestHead& head) const;

  // Returns the name of the token's holder; nullopt: no token or a wrong one. Takes the same time
  // for all wrong tokens of the same length.
  std::optional<std::string> holder(std::string_view authorization) const;
  bool has_tokens() const noexcept { return !rules_.tokens.empty(); }

  // A ticket replaces a token for one target during a short time, for requests that a browser makes
  // without headers: a download. "EXPIRY.NAME.MAC", with the MAC over name, expiry and the complete
  // target.
  static constexpr std::uint64_t kTicketSeconds = 120;
  std::string ticket(const std::string& name, std::string_view target, std::uint64_t now_s) const;
  // Returns the name in a valid ticket. `target`: without the ticket.
  std::optional<std::string> ticket_holder(std::string_view ticket, std::string_view target,
                                           std::uint64_t now_s) const;

 private:
  std::string mac(const std::string& name, std::uint64_t expiry_s, std::string_view target) const;

  AccessRules rules_;
  std::array<std::uint8_t, 32> key_{};  // for tickets, generated at the start
};

}  // namespace capstan::serve
