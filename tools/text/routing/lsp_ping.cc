// LSP ping (RFC 4379, now RFC 8029): MPLS echo requests and replies.
#include "tools/text/fields.h"
#include "tools/text/protocols.h"
#include "tools/text/routing/bgp.h"

namespace capstan::text {

namespace {

constexpr std::size_t kHeaderBytes = 32;
constexpr Token kMessages[] = {{1, "MPLS Echo Request"}, {2, "MPLS Echo Reply"}};
constexpr Token kReplyModes[] = {{1, "Do not reply"},
                                 {2, "Reply via an IPv4/IPv6 UDP packet"},
                                 {3, "Reply via an IPv4/IPv6 UDP packet with Router Alert"},
                                 {4, "Reply via application level control channel"}};
// Those that end in "depth" are followed by the subcode.
constexpr Token kReturnCodes[] = {
    {0, "No return code or return code contained in the Error Code TLV"},
    {1, "Malformed echo request received"},
    {2, "One or more of the TLVs was not understood"},
    {3, "Replying router is an egress for the FEC at stack depth"},
    {4, "Replying router has no mapping for the FEC at stack depth"},
    {5, "Reserved"},
    {6, "Reserved"},
    {7, "Reserved"},
    {8, "Label switched at stack-depth"},
    {9, "Label switched but no MPLS forwarding at stack-depth"},
    {10, "Mapping for this FEC is not the given label at stack depth"},
    {11, "No label entry at stack-depth"},
    {12, "Protocol not associated with interface at FEC stack depth"},
    {13, "Premature termination of ping due to label stack shrinking to a single label"}};
constexpr Token kTlvs[] = {
    {1, "Target FEC Stack"},       {2, "Downstream Mapping"},      {3, "Pad"},
    {5, "Vendor Enterprise Code"}, {7, "Interface Label Stack"},   {9, "Error Code"},
    {10, "Reply TOS Byte"},        {0xfc00, "Vendor Private Code"}};
enum Fec : std::uint16_t {
  kLdpIpv4 = 1,
  kLdpIpv6 = 2,
  kRsvpIpv4 = 3,
  kRsvpIpv6 = 4,
  kVpnIpv4 = 6,
  kVpnIpv6 = 7,
  kLayer2Vpn = 8,
  kPseudowireOld = 9,
  kPseudowire = 10,
  kBgpIpv4 = 12,
  kBgpIpv6 = 13,
};
struct FecKind {
  std::uint16_t type;
  const char* name;
  std::size_t bytes;  // 0: not printed
};
constexpr FecKind kFecs[] = {{kLdpIpv4, "LDP IPv4 prefix", 5},
                             {kLdpIpv6, "LDP IPv6 prefix", 17},
                             {kRsvpIpv4, "RSVP IPv4 Session Query", 20},
                             {kRsvpIpv6, "RSVP IPv6 Session Query", 56},
                             {5, "Reserved", 0},
                             {kVpnIpv4, "VPN IPv4 prefix", 13},
                             {kVpnIpv6, "VPN IPv6 prefix", 25},
                             {kLayer2Vpn, "L2 VPN endpoint", 14},
                             {kPseudowireOld, "FEC 128 pseudowire (old)", 10},
                             {kPseudowire, "FEC 128 pseudowire", 14},
                             {kBgpIpv4, "BGP labeled IPv4 prefix", 5},
                             {kBgpIpv6, "BGP labeled IPv6 prefix", 17}};
// RFC 4446 section 3.2
constexpr Token kPseudowires[] = {{0, "Reserved"},
                                  {1, "Frame Relay DLCI (Martini Mode)"},
                                  {2, "ATM AAL5 SDU VCC transport"},
                                  {3, "ATM transparent cell transport"},
                                  {4, "Ethernet VLAN"},
                                  {5, "Ethernet"},
                                  {6, "Cisco-HDLC"},
                                  {7, "PPP"},
                                  {8, "SONET/SDH Circuit Emulation Service over MPLS"},
                                  {9, "ATM n-to-one VCC cell transport"},
                                  {10, "ATM n-to-one VPC cell transport"},
                                  {11, "IP Layer2 Transport"},
                                  {12, "ATM one-to-one VCC Cell Mode"},
                                  {15, "Frame-Relay Port mode"},
                                  {17, "Structure-agnostic E1 over Packet"},
                                  {18, "Structure-agnostic T1 (DS1) over Packet"},
                                  {19, "Structure-agnostic E3 over Packet"},
                                  {20, "Structure-agnostic T3 (DS3) over Packet"},
                                  {21, "CESoPSN basic mode"},
                                  {22, "TDMoIP basic mode"},
                                  {23, "CESoPSN TDM with CAS"},
                                  {24, "TDMoIP TDM with CAS"},
                                  {25, "Frame Relay DLCI"}};

// A name from a table, and the number.
void put_numbered(Printer& p, std::span<const Token> names, std::uint32_t value) {
  put_name(p, names, value, "unknown").put(" (").dec(value).put(')');
}

void put_prefix(Printer& p, const Input& in, std::size_t address_bytes) {
  if (address_bytes == 4) p.out.ipv4(in.at(0, 4));
  if (address_bytes == 16) p.out.ipv6(in.at(0, 16));
  p.out.put('/').dec(in.u8(address_bytes));
}

void put_pseudowire(Printer& p, const Input& in, std::size_t at) {
  p.out.put("\n\t      PW ID: 0x").hex(in.be32(at), 8).put(", PW Type: ");
  put_numbered(p, kPseudowires, in.be16(at + 4));
}

// Section 3.2: what the path is for.
void put_fec(Printer& p, const Input& in, std::uint16_t type) {
  p.out.put("\n\t      ");
  switch (type) {
    case kLdpIpv4:
    case kBgpIpv4:
      return put_prefix(p, in, 4);
    case kLdpIpv6:
    case kBgpIpv6:
      return put_prefix(p, in, 16);
    case kRsvpIpv4:
      p.out.put("tunnel end-point ").ipv4(in.at(0, 4)).put(", tunnel sender ").ipv4(in.at(12, 4));
      p.out.put(", lsp-id 0x").hex(in.be16(18), 4).put("\n\t      tunnel-id 0x");
      p.out.hex(in.be16(6), 4).put(", extended tunnel-id ").ipv4(in.at(8, 4));
      return;
    case kRsvpIpv6:
      p.out.put("tunnel end-point ").ipv6(in.at(0, 16)).put(", tunnel sender ");
      p.out.ipv6(in.at(36, 16)).put(", lsp-id 0x").hex(in.be16(54), 4);
      p.out.put("\n\t      tunnel-id 0x").hex(in.be16(18), 4).put(", extended tunnel-id ");
      p.out.ipv6(in.at(20, 16));
      return;
    case kVpnIpv4:
    case kVpnIpv6:
      p.out.put("RD: ");
      put_route_distinguisher(p, in, 0);
      p.out.put(", ");
      return put_prefix(p, in.from(8), type == kVpnIpv4 ? 4 : 16);
    case kLayer2Vpn:
      p.out.put("RD: ");
      put_route_distinguisher(p, in, 0);
      p.out.put(", Sender VE ID: ").dec(in.be16(8)).put(", Receiver VE ID: ").dec(in.be16(10));
      p.out.put("\n\t      Encapsulation Type: ");
      return put_numbered(p, kPseudowires, in.be16(12));
    case kPseudowireOld:
      p.out.put("Remote PE: ").ipv4(in.at(0, 4));
      return put_pseudowire(p, in, 4);
    case kPseudowire:
      p.out.put("Sender PE: ").ipv4(in.at(0, 4)).put(", Remote PE: ").ipv4(in.at(4, 4));
      return put_pseudowire(p, in, 8);
    default:
      return;
  }
}

// False when one does not fit: the stack is dumped then.
bool put_fec_stack(Printer& p, Input in) {
  while (in.length() > 0 && !p.truncated()) {
    const std::size_t size = in.length() < 4 ? 0 : in.be16(2);
    if (in.length() < 4 || size > in.length() - 4) {
      p.out.put("\n\t      TLV is too short");
      return false;
    }
    const std::uint16_t type = in.be16(0);
    const FecKind* kind = nullptr;
    for (const FecKind& one : kFecs)
      if (one.type == type) kind = &one;
    p.out.put("\n\t    ").put(kind != nullptr ? kind->name : "Unknown").put(" subTLV (");
    p.out.dec(type).put("), length: ").dec(size);
    const Input value = in.from(4);
    const std::size_t wanted = kind != nullptr ? kind->bytes : 0;
    if (wanted == size && wanted > 0) {
      put_fec(p, value, type);
      if (p.options.verbosity > 1) p.hex_data(value, "\n\t      ", size);
    } else {
      if (wanted > 0) p.out.put("\n\t      invalid subTLV length, should be ").dec(wanted);
      p.hex_data(value, "\n\t      ", size);
    }
    const std::size_t padded = (size + 3) & ~std::size_t{3};
    if (padded > value.length() && !p.truncated()) {
      p.out.put("\n\t\t TLV is too short");
      return true;
    }
    in = value.from(padded);
  }
  return true;
}

// Section 3.3. The labels behind the addresses are left to the dump.
void put_downstream(Printer& p, const Input& in) {
  constexpr Token kFamilies[] = {
      {1, "IPv4"}, {2, "Unnumbered IPv4"}, {3, "IPv6"}, {4, "IPv6 Unnumbered"}};
  const std::uint8_t family = in.u8(2);
  p.out.put("\n\t    MTU: ").dec(in.be16(0)).put(", Address-Type: ");
  put_numbered(p, kFamilies, family);
  const std::size_t address_bytes = family == 3 ? 16 : 4;
  if (family < 1 || family > 4) return;
  if (in.length() < 4 + address_bytes * 2) {
    p.out.put("\n\t      TLV is too short");
    return;
  }
  p.out.put("\n\t    Downstream IP: ");
  if (address_bytes == 4) p.out.ipv4(in.at(4, 4)).put("\n\t    Downstream Interface IP: ");
  if (address_bytes == 16) p.out.ipv6(in.at(4, 16)).put("\n\t    Downstream Interface IP: ");
  if (family == 1) p.out.ipv4(in.at(8, 4));
  if (family == 3) p.out.ipv6(in.at(20, 16));
  if (family == 2 || family == 4) p.out.put("0x").hex(in.be32(4 + address_bytes), 8);
}

void put_value(Printer& p, const Input& value, std::uint16_t type, std::size_t size) {
  if (type == 1) {
    if (put_fec_stack(p, value) && p.options.verbosity <= 1) return;
  } else if (type == 2 && size >= 4) {
    put_downstream(p, value);
  } else if (type == 5 && size >= 4) {
    constexpr Token kVendors[] = {{9, "Cisco"}, {2636, "Juniper"}};
    p.out.put("\n\t    Vendor: ");
    put_name(p, kVendors, value.be32(0), "Unknown").put(" (0x").hex(value.be32(0), 4).put(')');
    return;
  }
  p.hex_data(value, "\n\t    ", size);
}

void put_tlvs(Printer& p, Input in) {
  while (in.length() > 0 && !p.truncated()) {
    if (in.length() < 4) {
      p.out.put("\n\t\t packet is too short");
      return;
    }
    const std::uint16_t type = in.be16(0);
    const std::size_t size = in.be16(2);
    if (p.truncated()) return;
    const char* name = find_token(kTlvs, type);
    p.out.put("\n\t  ").put(name != nullptr ? name : "Unknown").put(" TLV (").dec(type);
    p.out.put("), length: ").dec(size);
    const Input value = in.from(4);
    const std::size_t padded = (size + 3) & ~std::size_t{3};
    if (size > value.length()) {
      p.out.put("\n\t\t packet is too short");
      return;
    }
    if (size > 0) put_value(p, value.first(size), type, size);
    if (padded > value.length() && !p.truncated()) {
      p.out.put("\n\t\t packet is too short");
      return;
    }
    in = value.from(padded);
  }
}

}  // namespace

void print_lsp_ping(Printer& p, Input in) {
  p.set_protocol("lspping");
  if (in.length() < kHeaderBytes) {
    p.out.put("\n\t\t packet is too short");
    return;
  }
  const std::uint16_t version = in.be16(0);
  if (!in.need(0, kHeaderBytes)) return;
  if (version != 1) {
    p.out.put("LSP-PING version ").dec(version).put(" packet not supported");
    return;
  }
  const char* name = find_token(kMessages, in.u8(4));
  if (!p.verbose()) {
    p.out.put("LSP-PINGv1, ").put(name != nullptr ? name : "unknown");
    if (name == nullptr) p.out.put(" (").dec(in.u8(4)).put(')');
    p.out.put(", seq ").dec(in.be32(12)).put(", length: ").dec(in.length());
    return;
  }
  p.out.put("\n\tLSP-PINGv1, msg-type: ");
  put_numbered(p, kMessages, in.u8(4));
  p.out.put(", length: ").dec(in.length()).put("\n\t  reply-mode: ");
  put_numbered(p, kReplyModes, in.u8(5));
  const std::uint8_t code = in.u8(6);
  p.out.put("\n\t  Return Code: ");
  put_name(p, kReturnCodes, code, "unknown");
  const bool has_depth = code == 3 || code == 4 || code == 8 || (code >= 10 && code <= 12);
  if (has_depth) p.out.put(' ').dec(in.u8(7));
  p.out.put(" (").dec(code).put(")\n\t  Return Subcode: (").dec(in.u8(7));
  p.out.put(")\n\t  Sender Handle: 0x").hex(in.be32(8), 8).put(", Sequence: ").dec(in.be32(12));
  p.out.put("\n\t  Sender Timestamp: ");
  put_ntp_time(p, in.be32(16), in.be32(20));
  p.out.put(" Receiver Timestamp: ");
  if (in.be64(24) != 0) {
    put_ntp_time(p, in.be32(24), in.be32(28));
  } else {
    p.out.put("no timestamp");
  }
  put_tlvs(p, in.from(kHeaderBytes));
}

}  // namespace capstan::text
