// Spanning tree: 802.1D, RSTP, MSTP and SPB (IEEE 802.1Q clause 14).
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

enum Type : std::uint8_t { kConfig = 0x00, kRapid = 0x02, kTopologyChange = 0x80 };
enum Version : std::uint8_t { kStp = 0, kRstp = 2, kMstp = 3, kSpb = 4 };

constexpr Token kVersions[] = {
    {kStp, "STP 802.1d"}, {kRstp, "STP 802.1w"}, {kMstp, "STP 802.1s"}, {kSpb, "STP 802.1aq"}};
constexpr Token kTypes[] = {
    {kConfig, "Config"}, {kRapid, "Rapid STP"}, {kTopologyChange, "Topology Change"}};
constexpr Token kFlags[] = {{0x01, "Topology change"}, {0x02, "Proposal"},
                            {0x10, "Learn"},           {0x20, "Forward"},
                            {0x40, "Agreement"},       {0x80, "Topology change ACK"}};
constexpr Token kRoles[] = {{0, "Unknown"}, {1, "Alternate"}, {2, "Root"}, {3, "Designated"}};

constexpr std::size_t kConfigBytes = 35;
constexpr std::size_t kRapidBytes = 36;
constexpr std::size_t kMultipleBytes = 102;
constexpr std::size_t kInstanceBytes = 16;

// "8001.00:19:06:ea:b8:80"
void put_bridge(Printer& p, const Input& in, std::size_t at) {
  p.out.hex(in.be16(at), 4).put('.').mac(in.at(at + 2, 6));
}

// 1/256 s as seconds with two decimals.
void put_seconds(Printer& p, std::uint16_t value) {
  p.out.dec(value / 256U).put('.').dec_padded((value % 256U) * 100 / 256, 2).put('s');
}

void put_flags(Printer& p, std::uint8_t flags) {
  p.out.put(", Flags [");
  p.bits(kFlags, flags).put(']');
}

void put_config(Printer& p, const Input& in, bool rapid, std::size_t length) {
  put_flags(p, in.u8(4));
  p.out.put(", bridge-id ");
  put_bridge(p, in, 17);
  p.out.put('.').hex(in.be16(25), 4).put(", length ").dec(length);
  if (!p.verbose()) return;
  p.out.put("\n\tmessage-age ");
  put_seconds(p, in.be16(27));
  p.out.put(", max-age ");
  put_seconds(p, in.be16(29));
  p.out.put(", hello-time ");
  put_seconds(p, in.be16(31));
  p.out.put(", forwarding-delay ");
  put_seconds(p, in.be16(33));
  p.out.put("\n\troot-id ");
  put_bridge(p, in, 5);
  p.out.put(", root-pathcost ").dec(in.be32(13));
  if (rapid) {
    p.out.put(", port-role ");
    p.token(kRoles, in.u8(4) >> 2 & 3U, "");
  }
}

void put_instances(Printer& p, Input in) {
  while (in.length() >= kInstanceBytes && !p.truncated()) {
    const std::uint8_t flags = in.u8(0);
    p.out.put("\n\tMSTI ").dec(in.be16(1) & 0x0fffU);
    put_flags(p, flags);
    p.out.put(", port-role ");
    p.token(kRoles, flags >> 2 & 3U, "");
    p.out.put("\n\t\tMSTI regional-root-id ");
    put_bridge(p, in, 1);
    p.out.put(", pathcost ").dec(in.be32(9));
    p.out.put("\n\t\tMSTI bridge-prio ").dec(in.u8(13) >> 4).put(", port-prio ");
    p.out.dec(in.u8(14) >> 4).put(", hops ").dec(in.u8(15));
    in = in.from(kInstanceBytes);
  }
}

// The multiple spanning trees (clause 14.4): where they begin, they stand behind 64 bytes that the
// version 3 length counts too.
void put_multiple(Printer& p, const Input& in, std::size_t length) {
  const std::size_t version_3_bytes = in.be16(36);
  if (kMultipleBytes - 64 + version_3_bytes > length && !p.truncated()) {
    p.put_invalid();
    return;
  }
  const std::uint8_t flags = in.u8(4);
  p.out.put(", CIST Flags [");
  p.bits(kFlags, flags).put("], length ").dec(length);
  if (!p.verbose()) return;
  p.out.put("\n\tport-role ");
  p.token(kRoles, flags >> 2 & 3U, "").put(", CIST root-id ");
  put_bridge(p, in, 5);
  p.out.put(", CIST ext-pathcost ").dec(in.be32(13)).put("\n\tCIST regional-root-id ");
  put_bridge(p, in, 17);
  p.out.put(", CIST port-id ").hex(in.be16(25), 4).put(",\n\tmessage-age ");
  put_seconds(p, in.be16(27));
  p.out.put(", max-age ");
  put_seconds(p, in.be16(29));
  p.out.put(", hello-time ");
  put_seconds(p, in.be16(31));
  p.out.put(", forwarding-delay ");
  put_seconds(p, in.be16(33));
  p.out.put("\n\tv3len ").dec(version_3_bytes).put(", MCID Name ");
  p.safe_text(in.from(39), 32, true);
  p.out.put(", rev ").dec(in.be16(71)).put(",\n\t\tdigest ");
  p.out.hex(in.be32(73), 8).hex(in.be32(77), 8).hex(in.be32(81), 8).hex(in.be32(85), 8);
  p.out.put(", CIST int-root-pathcost ").dec(in.be32(89)).put(",\n\tCIST bridge-id ");
  put_bridge(p, in, 93);
  p.out.put(", CIST remaining-hops ").dec(in.u8(101));
  if (version_3_bytes > 64 && !p.truncated()) {
    put_instances(p, in.from(kMultipleBytes).with_length(version_3_bytes - 64));
  }
}

}  // namespace

void print_stp(Printer& p, Input in) {
  p.set_protocol("stp");
  const std::size_t length = in.length();
  if (length < 4) {
    p.truncate();
    return;
  }
  const std::uint16_t protocol = in.be16(0);
  const std::uint8_t version = in.u8(2);
  if (p.truncated()) return;
  if (protocol != 0) {
    p.out.put("unknown STP version, length ").dec(length);
    return;
  }
  p.token(kVersions, version, "Unknown STP protocol (", ")");
  if (version != kStp && version != kRstp && version != kMstp && version != kSpb) {
    return;
  }
  const std::uint8_t type = in.u8(3);
  p.out.put(", ");
  if (const char* name = find_token(kTypes, type)) {
    p.out.put(name);
  } else {
    p.out.put("Unknown BPDU Type (0x").hex(type, 2).put(')');
  }
  if (type == kConfig) {
    if (length < kConfigBytes) {
      p.put_invalid();
      return;
    }
    put_config(p, in, false, length);
  } else if (type == kRapid) {
    if (version == kRstp || (version == kMstp && length < kMultipleBytes)) {
      if (length < kRapidBytes) {
        p.put_invalid();
        return;
      }
      put_config(p, in, true, length);
    } else if (version == kMstp || version == kSpb) {
      put_multiple(p, in, length);
    }
  }
}

}  // namespace capstan::text
