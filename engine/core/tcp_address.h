// TCP addresses as people type them: HOST:PORT, [V6ADDRESS]:PORT, and networks such as
// 192.0.2.0/24.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/unique_fd.h"

namespace capstan {

struct TcpName {
  std::string host;  // empty when the text named no host
  std::uint16_t port = 0;
};

// Parses "host:port", "[address]:port" or "port". nullopt when the text is none of these or the
// port is not in 1..65535.
std::optional<TcpName> parse_tcp_name(std::string_view text);

struct TcpAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  int family() const noexcept { return storage.ss_family; }
  const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
  std::string host_text() const;  // "192.0.2.1", "2001:db8::1"
  std::string text() const;       // with the port: "192.0.2.1:57012", "[2001:db8::1]:57012"
  // Whom it belongs to: an IPv4 address itself, the first 64 bits of an IPv6 one, behind which one
  // machine may have any number of addresses (RFC 4291 section 2.5.1).
  std::string network_text() const;
  bool is_loopback() const noexcept;
};

// Resolves the name with the system's resolver, which may block for a long time. Throws UsageError
// when the name cannot be resolved.
std::vector<TcpAddress> resolve_tcp(const TcpName& name);

// A network: all addresses that share the first `prefix` bits.
class AddressRange {
 public:
  // Parses "192.0.2.1", "192.0.2.0/24" or "2001:db8::/32". Throws UsageError for any other text.
  explicit AddressRange(const std::string& text);
  // An IPv4-mapped IPv6 address counts as the IPv4 address.
  bool contains(const TcpAddress& address) const noexcept;

 private:
  int family_ = 0;
  unsigned prefix_ = 0;
  std::array<std::uint8_t, 16> bytes_{};
};

// Connects to the first address that answers; blocks until then, for each address that says nothing
// 20 s (TCP_SYNCNT of tcp(7); the system's default are two minutes). Throws UsageError
// when none answers or the name cannot be resolved.
UniqueFd connect_tcp(const TcpName& name);

}  // namespace capstan
