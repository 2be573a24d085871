#include "tools/watch/local_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "engine/core/errors.h"
#include "tools/common/listening.h"

namespace capstan::tools {

std::optional<ListenAddress> parse_listen_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  std::string host = colon == std::string::npos ? "" : text.substr(0, colon);
  const std::string digits = colon == std::string::npos ? text : text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  if (host.empty()) host = "127.0.0.1";

  ListenAddress result;
  result.text = fmt::format("{}:{}", host, port);
  sockaddr_in ipv4{};
  if (::inet_pton(AF_INET, host.c_str(), &ipv4.sin_addr) == 1) {
    ipv4.sin_family = AF_INET;
    ipv4.sin_port = htons(port);
    std::memcpy(&result.address.storage, &ipv4, sizeof(ipv4));
    result.address.size = sizeof(ipv4);
    return result;
  }
  if (host.size() < 2 || host.front() != '[' || host.back() != ']') return std::nullopt;
  sockaddr_in6 ipv6{};
  if (::inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &ipv6.sin6_addr) != 1) {
    return std::nullopt;
  }
  ipv6.sin6_family = AF_INET6;
  ipv6.sin6_port = htons(port);
  std::memcpy(&result.address.storage, &ipv6, sizeof(ipv6));
  result.address.size = sizeof(ipv6);
  return result;
}

UniqueFd listen_on(const ListenAddress& where, const char* option, int backlog) {
  UniqueFd fd = listening_socket(where.address.family());
  const int error = fd ? begin_listening(fd.get(), where.address, backlog) : errno;
  if (error != 0) {
    throw_system_error(error, fmt::format("listen on {} for {}", where.text, option),
                       error == EADDRINUSE ? "Another program has this port: choose another" : "");
  }
  return fd;
}

}  // namespace capstan::tools
