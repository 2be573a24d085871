// IPv4 (RFC 791): the header, its options, fragments.
#include "engine/flow/checksum.h"
#include "tools/text/ip/ip.h"
#include "tools/text/ip/ip4_options.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr std::size_t kMinHeaderBytes = 20;
constexpr unsigned kReserved = 0x8000;
constexpr unsigned kDontFragment = 0x4000;
constexpr unsigned kMoreFragments = 0x2000;
constexpr unsigned kOffsetMask = 0x1fff;

constexpr Token kFlags[] = {{kMoreFragments, "+"}, {kDontFragment, "DF"}, {kReserved, "rsvd"}};

// "(tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto UDP (17), length 76)" and a line end. False
// when an option was cut off: nothing of the payload may follow.
bool put_details(Printer& p, const Input& in, std::size_t header_bytes, unsigned fragment) {
  const std::uint8_t tos = in.u8(1);
  p.out.put("(tos 0x").hex(tos);
  static constexpr const char* kCongestion[] = {"", ",ECT(1)", ",ECT(0)", ",CE"};
  p.out.put(kCongestion[tos & 3]);
  if (p.around.ttl >= 1) p.out.put(", ttl ").dec(p.around.ttl);
  p.out.put(", id ").dec(in.be16(4)).put(", offset ").dec((fragment & kOffsetMask) * 8);
  p.out.put(", flags [");
  p.bits(kFlags, fragment & (kReserved | kDontFragment | kMoreFragments));
  p.out.put("], proto ").put(ip_protocol_name(p.around.header_protocol)).put(" (");
  p.out.dec(p.around.header_protocol).put("), length ").dec(in.be16(2));
  bool complete = true;
  if (header_bytes > kMinHeaderBytes) {
    p.out.put(", options (");
    const Input options = in.from(kMinHeaderBytes).with_length(header_bytes - kMinHeaderBytes);
    complete = print_ip4_options(p, options);
    if (!complete) p.out.put(" [truncated-option]");
    p.out.put(')');
  }
  if (!p.options.skip_checksums && in.has(0, header_bytes)) {
    const std::uint16_t error = checksum_error(in.bytes().first(header_bytes));
    if (error != 0) {
      const std::uint16_t field = in.be16(10);
      p.out.put(", bad cksum ").hex(field).put(" (->");
      p.out.hex(correct_checksum(field, error)).put(")!");
    }
  }
  p.out.put(p.options.one_line ? ") " : ")\n    ");
  return complete;
}

void put_payload(Printer& p, const Input& in, std::size_t header_bytes, std::size_t payload_bytes) {
  const std::uint8_t protocol = p.around.header_protocol;
  if (protocol != ip_protocol::kTcp && protocol != ip_protocol::kUdp &&
      protocol != ip_protocol::kSctp && protocol != ip_protocol::kDccp) {
    put_hosts(p);
  }
  if (!in.has(0, header_bytes)) {
    p.out.put(" [remaining caplen(").dec(in.captured()).put(") < header length(");
    p.out.dec(header_bytes).put(")]");
    p.truncate();
    return;
  }
  print_ip_payload(p, protocol, in.from(header_bytes).with_length(payload_bytes));
}

}  // namespace

void print_ipv4(Printer& p, Input in) {
  p.set_protocol("ip");
  const unsigned version = in.u8(0) >> 4;
  if (p.truncated()) return;
  if (version != 4) {
    p.out.put("IP").dec(version);
    if (version == 6) p.out.put(", wrong link-layer encapsulation");
    p.put_invalid();
    return;
  }
  if (!p.options.link_header) p.out.put("IP ");
  if (!in.need(0, kMinHeaderBytes)) return;
  if (in.length() < kMinHeaderBytes) {
    p.out.put("truncated-ip ").dec(in.length());
    return;
  }
  const std::size_t header_bytes = std::size_t{in.u8(0) & 15U} * 4;
  if (header_bytes < kMinHeaderBytes) {
    p.out.put("bad-hlen ").dec(header_bytes);
    return;
  }
  std::size_t total = in.be16(2);
  if (in.length() < total) {
    p.out.put("truncated-ip - ").dec(total - in.length()).put(" bytes missing! ");
  }
  if (total < header_bytes) {
    if (total != 0) {
      p.out.put("bad-len ").dec(total);
      return;
    }
    total = in.length();  // a segment that the network card is still to divide (TSO)
  }
  in = in.first(total).with_length(total);
  const unsigned fragment = in.be16(6);
  Surroundings& around = p.around;
  around = {};
  around.ip_version = 4;
  around.ip_header = in.data();
  around.source = in.data() + 12;
  around.destination = in.data() + 16;
  around.ttl = in.u8(8);
  around.header_protocol = in.u8(9);
  around.fragmented = (fragment & kMoreFragments) != 0;
  if (p.verbose() && !put_details(p, in, header_bytes, fragment)) {
    put_hosts(p);
    p.put_truncated();
    return;
  }
  if ((fragment & kOffsetMask) == 0) {
    around.final_destination = ip4_final_destination(in.bytes().first(header_bytes));
    put_payload(p, in, header_bytes, total - header_bytes);
    return;
  }
  if (p.options.quiet && p.options.numeric > 1) return;
  put_hosts(p);
  p.out.put("ip-proto-").dec(around.header_protocol);
}

}  // namespace capstan::text
