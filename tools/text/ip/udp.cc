// UDP (RFC 768): addresses, checksum, and the printer of the port.
#include "engine/flow/checksum.h"
#include "tools/text/ip/ip.h"
#include "tools/text/ports.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr std::size_t kHeaderBytes = 8;

void put_addresses(Printer& p, std::uint16_t source, std::uint16_t destination) {
  if (carries_protocol(p.around, ip_protocol::kUdp)) {
    p.host(p.around.source).put('.');
    p.udp_port(source).put(" > ");
    p.host(p.around.destination).put('.');
  } else {
    p.udp_port(source).put(" > ");
  }
  p.udp_port(destination).put(": ");
}

void put_checksum(Printer& p, const Input& in, std::size_t covered) {
  const std::uint16_t field = in.be16(6);
  // IPv6 relies on this checksum alone: it is told from -v on, IPv4's from -vv on.
  if (p.around.ip_version == 4 && p.options.verbosity < 2) return;
  if (field == 0) {
    p.out.put("[no cksum] ");
    return;
  }
  if (!in.has(0, covered)) return;
  const std::uint16_t error =
      transport_checksum_error(p.around, ip_protocol::kUdp, in.bytes().first(covered));
  if (error == 0) {
    p.out.put("[udp sum ok] ");
  } else {
    p.out.put("[bad udp cksum 0x").hex(field, 4).put(" -> 0x");
    p.out.hex(correct_checksum(field, error), 4).put("!] ");
  }
}

}  // namespace

void print_udp(Printer& p, Input in) {
  p.set_protocol("udp");
  if (!in.has(2, 2)) {
    put_hosts(p);
    p.truncate();
    return;
  }
  const std::uint16_t source = in.be16(0);
  const std::uint16_t destination = in.be16(2);
  p.around.source_port = source;
  p.around.destination_port = destination;
  if (in.length() < kHeaderBytes) {
    put_addresses(p, source, destination);
    p.out.put("truncated-udp ").dec(in.length());
    return;
  }
  if (!in.has(4, 2)) {
    put_addresses(p, source, destination);
    p.truncate();
    return;
  }
  std::size_t claimed = in.be16(4);
  // A jumbogram (RFC 2675 section 4).
  if (claimed == 0 && in.length() > 65535) claimed = in.length();
  if (claimed < kHeaderBytes) {
    put_addresses(p, source, destination);
    p.out.put("truncated-udplength ").dec(claimed);
    return;
  }
  claimed -= kHeaderBytes;
  Input payload = in.from(kHeaderBytes);
  if (claimed < payload.length()) payload = payload.with_length(claimed);
  if (!in.has(kHeaderBytes, 0)) {
    put_addresses(p, source, destination);
    p.truncate();
    return;
  }
  if (const PrintFunction forced = forced_udp_printer(p.options.type);
      forced != nullptr && !p.options.quiet) {
    put_addresses(p, source, destination);
    forced(p, payload);
    return;
  }
  PrintFunction print = p.options.quiet ? nullptr : find_udp_printer(source, destination);
  if (!p.options.quiet && print_udp_rpc(p, payload)) return;
  put_addresses(p, source, destination);
  if (p.verbose() && !p.options.skip_checksums && !p.around.fragmented) {
    put_checksum(p, in, payload.length() + kHeaderBytes);
  }
  if (print != nullptr) {
    print(p, payload);
  } else if (claimed > payload.length() && !p.around.fragmented) {
    p.out.put("UDP, bad length ").dec(claimed).put(" > ").dec(payload.length());
  } else {
    p.out.put("UDP, length ").dec(claimed);
  }
}

}  // namespace capstan::text
