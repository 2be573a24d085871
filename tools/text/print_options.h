// PrintOptions: the flags of `capstan show` for the printers. Read-only while printing.
#pragma once

#include <cstdint>

namespace capstan::text {

// -t: the time at the start of a line.
enum class TimeMode : std::uint8_t {
  kClock,          // (default) hh:mm:ss.frac, local time
  kNone,           // -t
  kEpoch,          // -tt: seconds since 1970
  kSincePrevious,  // -ttt: since the previous packet
  kDate,           // -tttt: date and time
  kSinceFirst,     // -ttttt: since the first packet
};

// -T: how to interpret UDP packets (and TCP where noted), whatever their ports.
enum class PacketType : std::uint8_t {
  kByPorts,
  kDomain,  // TCP too
  kPtp,
  kRadius,
  kSnmp,
  kTftp,
  kVxlan,
};

struct PrintOptions {
  int verbosity = 0;                // -v, -vv, -vvv: 1, 2, 3
  int numeric = 0;                  // -n: how often it was given; names only if 0
  bool strip_domain = false;        // -N: host names without their domain
  bool foreign_numeric = false;     // -f: numbers for IPv4 hosts that are not local
  std::uint32_t local_network = 0;  // local network for -f, in host order; 0 and 0: everything
  std::uint32_t local_netmask = 0;
  bool link_header = false;        // -e
  bool quiet = false;              // -q
  bool absolute_sequence = false;  // -S
  bool skip_checksums = false;     // -K
  bool packet_numbers = false;     // -#
  bool as_dot = false;             // -b: large AS numbers as two numbers
  bool one_line = false;           // -g: no line break after an IP header
  bool lengths = false;            // --lengths: of each packet, captured and on the wire
  PacketType type = PacketType::kByPorts;
  bool tls = false;          // --tls: name TLS records and handshakes
  int hex = 0;               // -x, -xx: 1, 2
  int hex_and_ascii = 0;     // -X, -XX: 1, 2
  int ascii = 0;             // -A, -AA: 1, 2
  bool nanoseconds = false;  // --time-stamp-precision=nano
  TimeMode time_mode = TimeMode::kClock;

  // The payload is dumped anyway: printers then leave out their own dumps of unknown data.
  bool dumps_packets() const noexcept { return hex != 0 || hex_and_ascii != 0 || ascii != 0; }
};

}  // namespace capstan::text
