// Printer: what protocol printers use: the line, the options, the names, and the position in the
// packet. One per worker, reused for every packet.
//
// Related: packet_text.h prints a complete packet with it, protocols.h lists the printers of all
// layers, and ports.h selects those for UDP and TCP.
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

// A value and its name; most printers use tables of these.
struct Token {
  std::uint32_t value;
  const char* text;
};
// Returns null when the table does not have the value.
const char* find_token(std::span<const Token> table, std::uint32_t value) noexcept;

// The IP header and the ports of the layers below the protocol being printed, for printers that
// need them.
struct Surroundings {
  unsigned ip_version = 0;                  // 4 or 6; 0 outside of IP
  const std::uint8_t* ip_header = nullptr;  // its fixed part is captured
  const std::uint8_t* source = nullptr;     // 4 or 16 bytes
  const std::uint8_t* destination = nullptr;
  const std::uint8_t* final_destination = nullptr;  // by a routing header; else destination
  std::uint8_t header_protocol = 0;                 // in the IP header itself
  std::uint8_t ttl = 0;                             // or hop limit
  bool fragmented = false;                          // the first fragment of several
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
};

// Not thread-safe. Options, names and sequences are borrowed and must outlive this object.
class Printer {
 public:
  Printer(const PrintOptions& print_options, const Names& names, TcpSequences& tcp_sequences);

  TextSink out;
  const PrintOptions& options;
  TcpSequences& sequences;
  Surroundings around;

  bool verbose() const noexcept { return options.verbosity > 0; }

  // To be called first by every protocol printer: sets the name that truncate() prints as
  // "[|name]". It stays until the next call, as in tcpdump.
  void set_protocol(const char* name) noexcept { protocol_ = name; }
  const char* protocol() const noexcept { return protocol_; }

  // To be called when the packet ended before a field: prints " [|protocol]" and ends the line
  // there. All later output is dropped, so the printer may go on with zeros; a loop must check
  // truncated().
  void truncate();
  bool truncated() const noexcept { return truncated_; }
  // After truncate(): drops everything printed since the line was `size` long. For messages that
  // are printed completely or not at all.
  void restart(std::size_t size);
  // After truncate(): only one message of several was cut, and the next one is complete. Printing
  // goes on after "[|protocol]". Does nothing when nothing was truncated.
  void resume() noexcept;
  // Prints only " [|protocol]", when printing goes on after it.
  TextSink& put_truncated() { return out.put(" [|").put(protocol_).put(']'); }
  // " (invalid)"
  TextSink& put_invalid() { return out.put(" (invalid)"); }

  // Addresses and ports: as names unless -n is given.
  TextSink& host4(const std::uint8_t* address);
  TextSink& host6(const std::uint8_t* address);
  TextSink& host(const std::uint8_t* address);  // of the family of around.ip_version
  TextSink& tcp_port(std::uint16_t port);
  TextSink& udp_port(std::uint16_t port);
  std::string_view interface_name(std::uint32_t index) const noexcept {
    return names_.interfaces.find(index);
  }

  // Prints the token's text, or before + decimal value + after.
  TextSink& token(std::span<const Token> table, std::uint32_t value, std::string_view before,
                  std::string_view after = {});
  // Prints the texts of all tokens whose bits are set, with `separator` between them; `none` if
  // there are none.
  TextSink& bits(std::span<const Token> table, std::uint32_t value,
                 std::string_view separator = ", ", std::string_view none = "none");
  // A duration in seconds: "1w2d3h4m5s", "0s".
  TextSink& duration(std::uint64_t seconds);
  // One byte of text from the network: printable characters unchanged, control characters as ^X,
  // others as M-X.
  TextSink& safe_char(std::uint8_t byte);
  // At most `count` bytes of text, up to a NUL if `to_nul`; truncates if the captured bytes end
  // earlier.
  TextSink& safe_text(const Input& in, std::size_t count, bool to_nul = false);

  // "\n\t0x0000:  4500 ..." for bytes that no printer knows; nothing if -x, -X or -A dump them
  // anyway.
  void unknown_data(const Input& in, std::string_view indent = "\n\t");
  // Only the digits, even if the packet is dumped: for parts of a message.
  void hex_data(const Input& in, std::string_view indent, std::size_t count);

  // For packet_text.h: to be called before and after each packet.
  void begin_packet() noexcept;
  void end_packet() noexcept;

  // Depth of nested tunnels: printers of tunnels call enter() first. It returns false when the
  // nesting is too deep, which the printer has to report.
  bool enter() noexcept { return ++depth_ <= kMaxDepth; }
  void leave() noexcept { --depth_; }

 private:
  static constexpr int kMaxDepth = 32;

  const Names& names_;
  std::string name_;  // reused for host names
  const char* protocol_ = "";
  std::size_t kept_size_ = 0;  // size of `out` when truncated
  bool truncated_ = false;
  int depth_ = 0;
};

using PrintFunction = void (*)(Printer& printer, Input in);

}  // namespace capstan::text
