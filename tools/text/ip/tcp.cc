// TCP (RFC 9293): flags, numbers relative to the connection's first, options, and the printer of
// the port.
#include "engine/flow/checksum.h"
#include "tools/text/ip/ip.h"
#include "tools/text/ip/tcp_options.h"
#include "tools/text/ports.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr std::size_t kHeaderBytes = 20;
constexpr std::size_t kMaxResetTextBytes = 30;

enum Flag : std::uint8_t {
  kFin = 0x01,
  kSyn = 0x02,
  kRst = 0x04,
  kPush = 0x08,
  kAck = 0x10,
  kUrg = 0x20,
};

struct Segment {
  std::uint16_t source_port;
  std::uint16_t destination_port;
  std::uint32_t sequence;
  std::uint32_t acknowledgment;
  std::size_t header_bytes;
  std::uint8_t flags;
  std::uint16_t window;
  std::uint16_t checksum;
  std::uint16_t urgent;
};

Segment read_segment(const Input& in) {
  return {in.be16(0), in.be16(2),  in.be32(4),  in.be32(8), std::size_t{in.u8(12)} / 16 * 4,
          in.u8(13),  in.be16(14), in.be16(16), in.be16(18)};
}

void put_addresses(Printer& p, std::uint16_t source, std::uint16_t destination) {
  if (carries_protocol(p.around, ip_protocol::kTcp)) {
    p.host(p.around.source).put('.');
    p.tcp_port(source).put(" > ");
    p.host(p.around.destination).put('.');
  } else {
    p.tcp_port(source).put(" > ");
  }
  p.tcp_port(destination).put(": ");
}

void put_flags(TextSink& out, std::uint8_t flags) {
  static constexpr char kLetters[] = {'F', 'S', 'R', 'P', '.', 'U', 'E', 'W'};
  out.put("Flags [");
  if (flags == 0) out.put("none");
  for (unsigned bit = 0; bit < 8; ++bit) {
    if ((flags & 1U << bit) != 0) out.put(kLetters[bit]);
  }
  out.put(']');
}

void put_checksum(Printer& p, const Input& in, std::uint16_t field) {
  if (!in.has(0, in.length())) return;
  const std::uint16_t error =
      transport_checksum_error(p.around, ip_protocol::kTcp, in.bytes().first(in.length()));
  p.out.put(", cksum 0x").hex(field, 4);
  if (error == 0) {
    p.out.put(" (correct)");
  } else {
    p.out.put(" (incorrect -> 0x").hex(correct_checksum(field, error), 4).put(')');
  }
}

// Some hosts say in text why they reset (RFC 9293 section 3.5.3 allows data there).
void put_reset_text(Printer& p, const Input& payload) {
  p.out.put(payload.has(0, payload.length()) ? " [RST" : " [!RST");
  std::size_t count = payload.length();
  if (count > kMaxResetTextBytes) {
    count = kMaxResetTextBytes;
    p.out.put('+');
  }
  p.out.put(' ');
  p.safe_text(payload, count);
  p.out.put(']');
}

void put_payload(Printer& p, const Input& payload, const Segment& segment) {
  if ((segment.flags & kRst) != 0 && p.verbose()) {
    put_reset_text(p, payload);
    return;
  }
  const PrintFunction forced = forced_tcp_printer(p.options.type);
  const PrintFunction print =
      forced != nullptr ? forced : find_tcp_printer(segment.source_port, segment.destination_port);
  if (print != nullptr) print(p, payload);
}

// "seq 1:101, ack 1, win 512, options [...], length 100". False when nothing may follow.
bool put_numbers(Printer& p, const Input& in, const Segment& segment,
                 const TcpSequences::Relation& relation) {
  const std::size_t length = in.length() - segment.header_bytes;
  if (p.options.verbosity > 1 || length > 0 || (segment.flags & (kSyn | kFin | kRst)) != 0) {
    p.out.put(", seq ").dec(segment.sequence);
    if (length > 0) {
      p.out.put(':').dec(static_cast<std::uint32_t>(segment.sequence + length));
    }
  }
  if ((segment.flags & kAck) != 0) p.out.put(", ack ").dec(segment.acknowledgment);
  p.out.put(", win ").dec(segment.window);
  if ((segment.flags & kUrg) != 0) p.out.put(", urg ").dec(segment.urgent);
  if (segment.header_bytes > kHeaderBytes) {
    p.out.put(", options [");
    const Input options = in.from(kHeaderBytes).with_length(segment.header_bytes - kHeaderBytes);
    if (!print_tcp_options(p, options, segment.flags, relation)) return false;
  }
  p.out.put(", length ").dec(length);
  return length > 0;
}

}  // namespace

void print_tcp(Printer& p, Input in) {
  p.set_protocol("tcp");
  if (!in.has(2, 2)) {
    put_hosts(p);
    p.truncate();
    return;
  }
  p.around.source_port = in.be16(0);
  p.around.destination_port = in.be16(2);
  put_addresses(p, p.around.source_port, p.around.destination_port);
  if (!in.need(0, kHeaderBytes)) return;
  Segment segment = read_segment(in);
  if (segment.header_bytes < kHeaderBytes) {
    p.out.put(" tcp ").signed_dec(static_cast<std::int64_t>(in.length()) -
                                  static_cast<std::int64_t>(segment.header_bytes));
    p.out.put(" [bad hdr length ").dec(segment.header_bytes).put(" - too short, < 20]");
    return;
  }
  const bool too_long = segment.header_bytes > in.length();
  if (p.options.quiet) {
    p.out.put("tcp ").dec(static_cast<std::uint32_t>(in.length() - segment.header_bytes));
  } else {
    put_flags(p.out, segment.flags);
  }
  TcpSequences::Relation relation;
  if (!p.options.quiet && !p.options.absolute_sequence && (segment.flags & kAck) != 0) {
    relation = p.sequences.relate(p.around, (segment.flags & kSyn) != 0, segment.sequence,
                                  segment.acknowledgment);
  }
  if (too_long) {
    p.out.put(" [bad hdr length ").dec(segment.header_bytes).put(" - too long, > ");
    p.out.dec(in.length()).put(']');
  }
  if (p.options.quiet || too_long) return;
  if (p.verbose() && !p.options.skip_checksums && !p.around.fragmented) {
    put_checksum(p, in, segment.checksum);
  }
  if (put_numbers(p, in, segment, relation)) {
    put_payload(p, in.from(segment.header_bytes), segment);
  }
}

}  // namespace capstan::text
