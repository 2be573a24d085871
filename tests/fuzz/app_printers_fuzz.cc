// Any bytes as the payload of any port: the application printers end, read nothing behind what is
// captured, and put no more than a packet can ask for.
//
// Input: flags (bit 0 TCP, bits 1-2 verbosity), two ports, bytes cut off the end, payload.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "engine/flow/byte_reader.h"
#include "tools/text/ip/tcp_sequences.h"
#include "tools/text/ports.h"
#include "tools/text/printer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace capstan::text;
  constexpr std::size_t kHeadBytes = 6;
  constexpr std::size_t kMaxTextBytes = 64u << 20;
  if (size < kHeadBytes) return 0;
  const capstan::ByteReader head(data, size);
  PrintOptions options;
  options.numeric = 2;
  options.verbosity = head.u8(0) >> 1 & 3;
  static const Names names;
  static TcpSequences sequences(64);
  Printer printer(options, names, sequences);
  printer.begin_packet();
  static constexpr std::uint8_t kAddress[16] = {10, 0, 0, 1};
  printer.around.ip_version = 4;
  printer.around.source = kAddress;
  printer.around.destination = kAddress;
  printer.around.source_port = head.be16(1);
  printer.around.destination_port = head.be16(3);
  const PrintFunction print =
      (head.u8(0) & 1) != 0
          ? find_tcp_printer(printer.around.source_port, printer.around.destination_port)
          : find_udp_printer(printer.around.source_port, printer.around.destination_port);
  if (print == nullptr) return 0;
  const std::size_t length = size - kHeadBytes;
  const std::size_t cut = head.u8(5) < length ? head.u8(5) : length;
  const std::vector<std::uint8_t> captured(data + kHeadBytes, data + size - cut);
  print(printer, Input(printer, captured.data(), captured.size(), length));
  printer.end_packet();
  if (printer.out.size() > kMaxTextBytes) std::abort();
  return 0;
}
