#include "engine/core/tcp_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "engine/core/errors.h"

namespace capstan {

namespace {

// How often a connection's first packet is sent again: 15 to 20 s (tcp(7), TCP_SYNCNT). The default
// of 6 is 127 s of silence for a person who has typed a wrong address.
constexpr int kRepeats = 3;

struct Bytes {
  int family = 0;
  std::array<std::uint8_t, 16> bytes{};
  unsigned bits() const noexcept { return family == AF_INET ? 32 : 128; }
};

Bytes bytes_of(const TcpAddress& address) noexcept {
  Bytes result;
  if (address.family() == AF_INET) {
    result.family = AF_INET;
    sockaddr_in in{};
    std::memcpy(&in, &address.storage, sizeof(in));
    std::memcpy(result.bytes.data(), &in.sin_addr, 4);
  } else if (address.family() == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &address.storage, sizeof(in));
    const bool mapped = IN6_IS_ADDR_V4MAPPED(&in.sin6_addr);
    result.family = mapped ? AF_INET : AF_INET6;
    std::memcpy(result.bytes.data(), in.sin6_addr.s6_addr + (mapped ? 12 : 0), mapped ? 4 : 16);
  }
  return result;
}

std::uint16_t port_of(const TcpAddress& address) noexcept {
  std::uint16_t port = 0;  // at the same place in both (RFC 3493, 3.3)
  std::memcpy(&port, reinterpret_cast<const char*>(&address.storage) + 2, sizeof(port));
  return ntohs(port);
}

}  // namespace

std::optional<TcpName> parse_tcp_name(std::string_view text) {
  TcpName name;
  std::string_view port = text;
  if (const std::size_t colon = text.rfind(':'); colon != std::string_view::npos) {
    std::string_view host = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
      host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
      return std::nullopt;  // an address of IPv6 without its brackets
    }
    if (host.empty()) return std::nullopt;
    name.host = host;
  }
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), name.port);
  if (error != std::errc() || end != port.data() + port.size() || name.port == 0) {
    return std::nullopt;
  }
  return name;
}

std::string TcpAddress::host_text() const {
  const Bytes bytes = bytes_of(*this);
  char text[INET6_ADDRSTRLEN] = "?";
  if (bytes.family != 0) ::inet_ntop(bytes.family, bytes.bytes.data(), text, sizeof(text));
  return text;
}

std::string TcpAddress::network_text() const {
  Bytes bytes = bytes_of(*this);
  if (bytes.family != AF_INET6) return host_text();
  std::memset(bytes.bytes.data() + 8, 0, 8);
  char text[INET6_ADDRSTRLEN] = "?";
  ::inet_ntop(bytes.family, bytes.bytes.data(), text, sizeof(text));
  return text;
}

std::string TcpAddress::text() const {
  const std::string host = host_text();
  const bool v6 = host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", host, v6 ? "]" : "", port_of(*this));
}

bool TcpAddress::is_loopback() const noexcept {
  const Bytes bytes = bytes_of(*this);
  if (bytes.family == AF_INET) return bytes.bytes[0] == 127;
  std::array<std::uint8_t, 16> loopback{};
  loopback[15] = 1;
  return bytes.family == AF_INET6 && bytes.bytes == loopback;
}

std::vector<TcpAddress> resolve_tcp(const TcpName& name) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error =
      ::getaddrinfo(name.host.c_str(), std::to_string(name.port).c_str(), &hints, &found);
  if (error != 0) {
    throw UsageError(fmt::format("{}: {}", name.host,
                                 error == EAI_SYSTEM ? errno_text(errno) : ::gai_strerror(error)));
  }
  std::vector<TcpAddress> addresses;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    TcpAddress address;
    std::memcpy(&address.storage, at->ai_addr, at->ai_addrlen);
    address.size = at->ai_addrlen;
    addresses.push_back(address);
  }
  ::freeaddrinfo(found);
  return addresses;
}

AddressRange::AddressRange(const std::string& text) {
  const std::size_t slash = text.find('/');
  const std::string address = text.substr(0, slash);
  family_ = address.find(':') == std::string::npos ? AF_INET : AF_INET6;
  const unsigned bits = family_ == AF_INET ? 32 : 128;
  bool good = ::inet_pton(family_, address.c_str(), bytes_.data()) == 1;
  prefix_ = bits;
  if (slash != std::string::npos) {
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, prefix_);
    good = good && error == std::errc() && stop == end && prefix_ <= bits;
  }
  if (!good) {
    throw UsageError(
        fmt::format("'{}' is no address or network, such as 192.0.2.7 or 192.0.2.0/24", text));
  }
}

bool AddressRange::contains(const TcpAddress& address) const noexcept {
  const Bytes other = bytes_of(address);
  if (other.family != family_) return false;
  for (unsigned bit = 0; bit < prefix_; bit += 8) {
    const unsigned left = prefix_ - bit;
    const unsigned mask = left >= 8 ? 0xffU : 0xffU & (0xff00U >> left);
    if (((bytes_[bit / 8] ^ other.bytes[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

UniqueFd connect_tcp(const TcpName& name) {
  int error = 0;
  for (const TcpAddress& address : resolve_tcp(name)) {
    UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (fd) {
      // Refused at worst: then the system's own patience holds.
      static_cast<void>(
          ::setsockopt(fd.get(), IPPROTO_TCP, TCP_SYNCNT, &kRepeats, sizeof(kRepeats)));
    }
    if (fd.get() < 0 || ::connect(fd.get(), address.get(), address.size) != 0) {
      error = errno;
      continue;
    }
    return fd;
  }
  throw UsageError(fmt::format("tcp:{}:{}: {}", name.host, name.port, errno_text(error)));
}

}  // namespace capstan
