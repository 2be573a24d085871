// Printer: what a protocol printer prints with: the line, the options, the names, and where in the
// packet we are. One per worker, reused for every packet.
//
// The neighbours: packet_text.h prints a whole packet with it, link.h to tcp.h are the layers, and
// ports.h names the printers of what is carried over UDP and TCP.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "tools/text/input.h"
#include "tools/text/names.h"
#include "tools/text/print_options.h"
#include "tools/text/text_sink.h"

namespace capstan::text {

class TcpSequences;

// A value and its name; tables of them are what most printers are made of.
struct Token {
  std::uint32_t value;
  const char* text;
};
// Null when the table has no such value.
const char* find_token(std::span<const Token> table, std::uint32_t value) noexcept;

// The IP header and the ports above the protocol being printed; for printers that need them.
struct Surroundings {
  unsigned ip_version = 0;                  // 4 or 6; 0 outside of IP
  const std::uint8_t* ip_header = nullptr;  // its fixed part is captured
  const std::uint8_t* source = nullptr;     // 4 or 16 bytes
  const std::uint8_t* destination = nullptr;
  const std::uint8_t* final_destination = nullptr;  // by a routing header; else as destination
  std::uint8_t header_protocol = 0;                 // in the IP header itself
  std::uint8_t ttl = 0;                             // or hop limit
  bool fragmented = false;                          // the first fragment of several
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
};

// Not thread-safe. Options, names and sequences are borrowed and outlive it.
class Printer {
 public:
  Printer(const PrintOptions& print_options, const Names& names, TcpSequences& tcp_sequences);

  TextSink out;
  const PrintOptions& options;
  TcpSequences& sequences;
  Surroundings around;

  bool verbose() const noexcept { return options.verbosity > 0; }

  // Every protocol printer begins with this: the name that truncate() puts into "[|name]". It stays
  // until the next one, as in tcpdump.
  void set_protocol(const char* name) noexcept { protocol_ = name; }
  const char* protocol() const noexcept { return protocol_; }

  // The packet ended before the field: puts " [|protocol]" and ends the line there. Everything put
  // afterwards is dropped, so the printer may go on with zeros; a loop must ask truncated().
  void truncate();
  bool truncated() const noexcept { return truncated_; }
  // After truncate(): what was put since the line was `size` long never was. For messages that are
  // put as a whole or not at all.
  void restart(std::size_t size);
  // After truncate(): what it ended was one message of several, and the next one is whole. Putting
  // goes on behind "[|protocol]". Does nothing when nothing was truncated.
  void resume() noexcept;
  // " [|protocol]" alone, for where printing goes on after it.
  TextSink& put_truncated() { return out.put(" [|").put(protocol_).put(']'); }
  // " (invalid)"
  TextSink& put_invalid() { return out.put(" (invalid)"); }

  // Addresses and ports: names unless -n.
  TextSink& host4(const std::uint8_t* address);
  TextSink& host6(const std::uint8_t* address);
  TextSink& host(const std::uint8_t* address);  // of the family of around.ip_version
  TextSink& tcp_port(std::uint16_t port);
  TextSink& udp_port(std::uint16_t port);
  std::string_view interface_name(std::uint32_t index) const noexcept {
    return names_.interfaces.find(index);
  }

  // The token's text, or before + decimal value + after.
  TextSink& token(std::span<const Token> table, std::uint32_t value, std::string_view before,
                  std::string_view after = {});
  // The texts of all tokens whose bits are set, `separator` between. `none` when there are none.
  TextSink& bits(std::span<const Token> table, std::uint32_t value,
                 std::string_view separator = ", ", std::string_view none = "none");
  // A span of seconds: "1w2d3h4m5s", "0s".
  TextSink& duration(std::uint64_t seconds);
  // One byte of text from the network: printable as it is, control characters as ^X, others M-X.
  TextSink& safe_char(std::uint8_t byte);
  // At most `count` bytes of text, stopping at a NUL if `to_nul`; truncates where they run out.
  TextSink& safe_text(const Input& in, std::size_t count, bool to_nul = false);

  // "\n\t0x0000:  4500 ..." of bytes that no printer knows, unless -x, -X or -A dump them anyway.
  void unknown_data(const Input& in, std::string_view indent = "\n\t");
  // The digits alone, and whether or not the packet is dumped: for parts of a message.
  void hex_data(const Input& in, std::string_view indent, std::size_t count);

  // For packet_text.h: begins a packet, and gives the printer back to the caller after it.
  void begin_packet() noexcept;
  void end_packet() noexcept;

  // Nested tunnels: how deep; printers of tunnels ask enter() first. False: too deep, say so.
  bool enter() noexcept { return ++depth_ <= kMaxDepth; }
  void leave() noexcept { --depth_; }

 private:
  static constexpr int kMaxDepth = 32;

  const Names& names_;
  std::string name_;  // reused by host names
  const char* protocol_ = "";
  std::size_t kept_size_ = 0;  // of `out` when truncated
  bool truncated_ = false;
  int depth_ = 0;
};

using PrintFunction = void (*)(Printer& printer, Input in);

}  // namespace capstan::text
