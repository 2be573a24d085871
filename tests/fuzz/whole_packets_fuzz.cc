// Any bytes as a packet of any link type: the whole of PacketText ends, reads nothing behind what
// is captured, and puts no more than a packet can ask for.
//
// Input: link type (an index), flags (bits 0-1 verbosity, 2 -e, 3 -X, 4 -q, 5 --tls), bytes cut off
// the end, packet.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "tools/text/ip/tcp_sequences.h"
#include "tools/text/packet_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace capstan::text;
  constexpr std::uint16_t kLinkTypes[] = {1, 0,  101, 108, 113, 276, 228, 229,
                                          9, 50, 104, 105, 107, 127, 147};
  constexpr std::size_t kHeadBytes = 3;
  constexpr std::size_t kMaxTextBytes = 64u << 20;
  if (size < kHeadBytes) return 0;
  PrintOptions options;
  options.numeric = 2;
  options.verbosity = data[1] & 3;
  options.link_header = (data[1] & 4) != 0;
  options.hex_and_ascii = (data[1] & 8) != 0 ? 1 : 0;
  options.quiet = (data[1] & 16) != 0;
  options.tls = (data[1] & 32) != 0;
  static const Names names;
  static TcpSequences sequences(64);
  Printer printer(options, names, sequences);
  PacketText text(printer, options);
  const std::size_t length = size - kHeadBytes;
  const std::size_t cut = data[2] < length ? data[2] : length;
  // A copy of exactly what is captured, so that a read behind it is found.
  const std::vector<std::uint8_t> captured(data + kHeadBytes, data + size - cut);
  capstan::PacketView packet;
  packet.data = captured.data();
  packet.caplen = static_cast<std::uint32_t>(captured.size());
  packet.wirelen = static_cast<std::uint32_t>(length);
  packet.link_type = kLinkTypes[data[0] % std::size(kLinkTypes)];
  text.print(packet, {});
  if (printer.out.size() > kMaxTextBytes) std::abort();
  return 0;
}
