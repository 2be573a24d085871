// ICMP (RFC 792 and those after it), with the packet an error quotes and its extensions.
#include "tools/text/ip/icmp.h"

#include "engine/flow/checksum.h"
#include "tools/text/ip/ip.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

enum Type : std::uint8_t {
  kEchoReply = 0,
  kUnreachable = 3,
  kSourceQuench = 4,
  kRedirect = 5,
  kEcho = 8,
  kRouterAdvertisement = 9,
  kRouterSolicitation = 10,
  kTimeExceeded = 11,
  kParameterProblem = 12,
  kTimestamp = 13,
  kTimestampReply = 14,
  kInformation = 15,
  kInformationReply = 16,
  kMask = 17,
  kMaskReply = 18,
};
constexpr Token kTypes[] = {
    {kSourceQuench, "source quench"},      {kRouterSolicitation, "router solicitation"},
    {kInformation, "information request"}, {kInformationReply, "information reply"},
    {kMask, "address mask request"},
};

// What stands before and behind the address that is unreachable.
struct Unreachable {
  const char* before;
  const char* after;
};
constexpr Unreachable kUnreachables[] = {
    {"net ", " unreachable"},
    {"host ", " unreachable"},
    {nullptr, nullptr},
    {nullptr, nullptr},
    {nullptr, nullptr},
    {"", " unreachable - source route failed"},
    {"net ", " unreachable - unknown"},
    {"host ", " unreachable - unknown"},
    {"", " unreachable - source host isolated"},
    {"net ", " unreachable - admin prohibited"},
    {"host ", " unreachable - admin prohibited"},
    {"net ", " unreachable - tos prohibited"},
    {"host ", " unreachable - tos prohibited"},
    {"host ", " unreachable - admin prohibited filter"},
    {"host ", " unreachable - host precedence violation"},
    {"host ", " unreachable - precedence cutoff"},
};

constexpr std::size_t kHeaderBytes = 8;
constexpr std::size_t kQuotedDestination = kHeaderBytes + 16;

void put_port_unreachable(Printer& p, const Input& in) {
  const std::size_t header = std::size_t{in.u8(kHeaderBytes) & 15U} * 4;
  const std::uint8_t protocol = in.u8(kHeaderBytes + 9);
  const std::uint16_t port = in.be16(kHeaderBytes + header + 2);
  if (p.truncated()) return;
  p.host4(in.at(kQuotedDestination, 4));
  if (protocol == ip_protocol::kTcp) {
    p.out.put(" tcp port ");
    p.tcp_port(port).put(" unreachable");
  } else if (protocol == ip_protocol::kUdp) {
    p.out.put(" udp port ");
    p.udp_port(port).put(" unreachable");
  } else {
    p.out.put(" protocol ").dec(protocol).put(" port ").dec(port).put(" unreachable");
  }
}

void put_unreachable(Printer& p, const Input& in, std::uint8_t code) {
  constexpr std::uint8_t kProtocol = 2;
  constexpr std::uint8_t kPort = 3;
  constexpr std::uint8_t kNeedFragment = 4;
  const std::uint8_t* destination = in.at(kQuotedDestination, 4);
  if (p.truncated()) return;
  if (code == kProtocol) {
    const std::uint8_t protocol = in.u8(kHeaderBytes + 9);
    p.host4(destination).put(" protocol ").dec(protocol).put(" unreachable");
  } else if (code == kPort) {
    put_port_unreachable(p, in);
  } else if (code == kNeedFragment) {
    p.host4(destination).put(" unreachable - need to frag");
    if (in.be16(6) != 0) p.out.put(" (mtu ").dec(in.be16(6)).put(')');
  } else if (code < std::size(kUnreachables)) {
    p.out.put(kUnreachables[code].before);
    p.host4(destination).put(kUnreachables[code].after);
  } else {
    p.host4(destination).put(" unreachable - #").dec(code);
  }
}

void put_redirect(Printer& p, const Input& in, std::uint8_t code) {
  if (!in.need(kQuotedDestination, 4)) return;
  static constexpr const char* kBefore[] = {"redirect ", "redirect ", "redirect-tos ",
                                            "redirect-tos "};
  static constexpr const char* kBetween[] = {" to net ", " to host ", " to net ", " to host "};
  if (code < std::size(kBefore)) {
    p.out.put(kBefore[code]);
  } else {
    p.out.put("redirect-#").dec(code).put(' ');
  }
  p.host4(in.at(kQuotedDestination, 4)).put(code < std::size(kBetween) ? kBetween[code] : " to ");
  p.host4(in.at(4, 4));
}

// RFC 1256 section 3
void put_router_advertisement(Printer& p, const Input& in) {
  p.out.put("router advertisement lifetime ");
  const unsigned lifetime = in.be16(6);
  if (lifetime < 60) {
    p.out.dec(lifetime);
  } else if (lifetime < 3600) {
    p.out.dec(lifetime / 60).put(':').dec_padded(lifetime % 60, 2);
  } else {
    p.out.dec(lifetime / 3600).put(':').dec_padded(lifetime / 60 % 60, 2);
    p.out.put(':').dec_padded(lifetime % 60, 2);
  }
  const unsigned count = in.u8(4);
  p.out.put(' ').dec(count).put(':');
  if (in.u8(5) != 2) {
    p.out.put(" [size ").dec(in.u8(5)).put(']');
    return;
  }
  for (unsigned i = 0; i < count && !p.truncated(); ++i) {
    const std::size_t at = kHeaderBytes + 8 * std::size_t{i};
    if (!in.need(at, 8)) return;
    p.out.put(" {");
    p.host4(in.at(at, 4)).put(' ').dec(in.be32(at + 4)).put('}');
  }
}

// Milliseconds since midnight as clock time; the top bit marks another unit.
void put_day_time(Printer& p, std::uint32_t stamp) {
  const std::uint32_t seconds = stamp / 1000;
  p.out.dec_padded(seconds / 3600, 2).put(':').dec_padded(seconds / 60 % 60, 2);
  p.out.put(':').dec_padded(seconds % 60, 2).put('.').dec_padded(stamp % 1000, 3);
}

void put_message(Printer& p, const Input& in, std::uint8_t type, std::uint8_t code) {
  switch (type) {
    case kEcho:
    case kEchoReply:
      if (!in.need(4, 4)) return;
      p.out.put(type == kEcho ? "echo request, id " : "echo reply, id ").dec(in.be16(4));
      p.out.put(", seq ").dec(in.be16(6));
      return;
    case kUnreachable:
      put_unreachable(p, in, code);
      return;
    case kRedirect:
      put_redirect(p, in, code);
      return;
    case kRouterAdvertisement:
      put_router_advertisement(p, in);
      return;
    case kTimeExceeded:
      if (code == 0) {
        p.out.put("time exceeded in-transit");
      } else if (code == 1) {
        p.out.put("ip reassembly time exceeded");
      } else {
        p.out.put("time exceeded-#").dec(code);
      }
      return;
    case kParameterProblem:
      if (code != 0) {
        p.out.put("parameter problem - code ").dec(code);
      } else {
        const std::uint8_t octet = in.u8(4);
        p.out.put("parameter problem - octet ").dec(octet);
      }
      return;
    case kMaskReply:
      if (in.need(8, 4)) p.out.put("address mask is 0x").hex(in.be32(8), 8);
      return;
    case kTimestamp:
      p.out.put("time stamp query id ").dec(in.be16(4)).put(" seq ").dec(in.be16(6));
      return;
    case kTimestampReply:
      if (!in.need(16, 4)) return;
      p.out.put("time stamp reply id ").dec(in.be16(4)).put(" seq ").dec(in.be16(6));
      p.out.put(": org ");
      put_day_time(p, in.be32(8));
      p.out.put(", recv ");
      put_day_time(p, in.be32(12));
      p.out.put(", xmit ");
      put_day_time(p, in.be32(16));
      return;
    default:
      p.token(kTypes, type, "type-#");
  }
}

bool is_error(std::uint8_t type) noexcept {
  return type == kUnreachable || type == kSourceQuench || type == kRedirect ||
         type == kTimeExceeded || type == kParameterProblem;
}
bool may_be_extended(std::uint8_t type) noexcept {
  return type == kUnreachable || type == kTimeExceeded || type == kParameterProblem;
}

void put_checksum(Printer& p, const Input& in) {
  if (p.around.fragmented || !in.has(0, in.length())) return;
  const std::uint16_t error = checksum_error(in.bytes().first(in.length()));
  if (error == 0) return;
  const std::uint16_t field = in.be16(2);
  p.out.put(" (wrong icmp cksum ").hex(field).put(" (->");
  p.out.hex(correct_checksum(field, error)).put(")!)");
}

void put_quoted(Printer& p, const Input& in) {
  p.out.put("\n\t");
  Input quoted = in.from(kHeaderBytes);
  const std::size_t length = quoted.be16(2);
  const Surroundings saved = p.around;
  if (p.enter()) print_ipv4(p, quoted.first(length).with_length(length));
  p.leave();
  p.around = saved;
}

}  // namespace

void print_icmp(Printer& p, Input in) {
  p.set_protocol("icmp");
  const std::uint8_t type = in.u8(0);
  const std::uint8_t code = in.u8(1);
  if (p.truncated()) return;
  // The message comes first in the source of truth: a cut one leaves only "ICMP" unsaid.
  const std::size_t begin = p.out.size();
  p.out.put("ICMP ");
  put_message(p, in, type, code);
  if (p.truncated()) {
    p.restart(begin);
    return;
  }
  p.out.put(", length ").dec(in.length());
  if (!p.verbose()) return;
  put_checksum(p, in);
  if (is_error(type)) put_quoted(p, in);
  if (!p.truncated() && may_be_extended(type)) print_icmp_extensions(p, in);
}

}  // namespace capstan::text
