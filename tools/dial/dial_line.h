// The line that a sensor sends when it has dialled the central host, and the sockets on both ends.
//
//     capstan-dial 1 NAME LF
//
// NAME is a hint: what proves it is the certificate inside, when somebody asks through the
// connection. The next bytes on it are those of a TLS client. A central host that does not keep the
// connection answers a line of text, its reason, and closes it: TLS begins with a byte that no text
// begins with (RFC 8446 section 5.1: ContentType handshake, 22).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace capstan::dial {

inline constexpr std::size_t kLongestName = 64;
inline constexpr std::size_t kLongestLine = 96;  // of a sensor, with its line feed
inline constexpr std::size_t kLongestReason = 256;
inline constexpr char kTlsHandshake = 22;

// Where `capstan serve --dialled` hands connections out, unless told otherwise. No ".sock" at its
// end: that is how recorders are found (tools/watch/status_socket.h).
inline constexpr const char* kDeskPath = "/run/capstan/serve/dialled";

// A plain name (tools/common/plain_name.h) of at most kLongestName bytes.
bool is_name(std::string_view text);

// The line with its line feed. Requires: is_name(name).
std::string greeting(std::string_view name);
// The name in a line, which is without its line feed; nullopt: it is no such line.
std::optional<std::string> parse_greeting(std::string_view line);

// Keeps an idle connection in the tables of routers that translate addresses, and has the kernel
// end it a minute after the other side has gone without a word.
void keep_alive(int socket) noexcept;

// Adds a descriptor to an epoll set, with itself as the event's data. False: no memory.
bool watch(int poll, int socket, std::uint32_t events) noexcept;

}  // namespace capstan::dial
