// 802.2 LLC and SNAP (IEEE 802.2, RFC 1042).
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

enum Sap : std::uint8_t {
  kSapIp = 0x06,
  kSapStp = 0x42,
  kSapSnap = 0xaa,
  kSapIpx = 0xe0,
  kSapIso = 0xfe,
  kSapGlobal = 0xff,
};
constexpr Token kSaps[] = {
    {0x00, "Null"},   {kSapGlobal, "Global"}, {0x02, "802.1B I"},      {0x03, "802.1B G"},
    {kSapIp, "IP"},   {0x04, "SNA"},          {0x0e, "ProWay NM"},     {kSapStp, "STP"},
    {0x4e, "RS511"},  {0x7e, "X.25"},         {0x8e, "ProWay ASLIST"}, {kSapSnap, "SNAP"},
    {kSapIpx, "IPX"}, {0xf0, "NetBeui"},      {kSapIso, "OSI"},
};

constexpr Token kCommands[] = {
    {0x03, "ui"},   {0xe3, "test"}, {0xaf, "xid"},   {0x63, "ua"},
    {0x43, "disc"}, {0x0f, "dm"},   {0x6f, "sabme"}, {0x87, "frmr"},
};
constexpr Token kSupervisory[] = {{0, "Receiver Ready"}, {1, "Receiver not Ready"}, {2, "Reject"}};
constexpr Token kFlags[] = {
    {0x000, "Command"}, {0x001, "Response"}, {0x010, "Poll"},
    {0x011, "Final"},   {0x100, "Poll"},     {0x101, "Final"},
};
constexpr std::uint16_t kUnnumberedInformation = 0x03;
constexpr std::uint16_t kExchangeIdentification = 0xaf;

constexpr std::uint32_t kOuiEthernet = 0x000000;
constexpr std::uint32_t kOuiCisco = 0x00000c;
constexpr std::uint32_t kOuiCiscoBridged = 0x0000f8;
constexpr std::uint32_t kOuiRfc2684 = 0x0080c2;
constexpr std::uint32_t kOuiAppletalk = 0x080007;
constexpr Token kOuis[] = {
    {kOuiEthernet, "Ethernet"},
    {kOuiCisco, "Cisco"},
    {0x000142, "Cisco"},
    {0x000163, "NBX"},
    {kOuiCiscoBridged, "Cisco bridged"},
    {kOuiRfc2684, "Ethernet bridged"},
    {0x00a0b0, "I-O DATA"},
    {kOuiAppletalk, "Appletalk"},
    {0x009069, "Juniper"},
    {0x00120f, "IEEE 802.3 Private"},
    {0x0080c2, "IEEE 802.1 Private"},
    {0x0012bb, "ANSI/TIA"},
    {0x005043, "DCBX"},
};
constexpr Token kCiscoIds[] = {
    {0x2000, "CDP"}, {0x2004, "DTP"},  {0x0111, "UDLD"},
    {0x2003, "VTP"}, {0x010b, "PVST"}, {0x010c, "VLAN Bridge"},
};

void put_sap(Printer& p, const char* label, std::uint8_t sap, const char* flag) {
  const char* name = find_token(kSaps, sap);
  p.out.put(label).put(name != nullptr ? name : "Unknown").put(" (0x").hex(sap, 2).put(") ");
  p.out.put(flag);
}

struct Head {
  std::uint8_t dsap_field;
  std::uint8_t ssap_field;
  std::uint16_t control;
  bool unnumbered;
  std::size_t bytes;
  std::uint8_t dsap() const { return dsap_field & 0xfe; }
  std::uint8_t ssap() const { return ssap_field & 0xfe; }
};

void put_head(Printer& p, const Head& head) {
  put_sap(p, "LLC, dsap ", head.dsap(), (head.dsap_field & 1) != 0 ? "Group" : "Individual");
  put_sap(p, ", ssap ", head.ssap(), (head.ssap_field & 1) != 0 ? "Response" : "Command");
  p.out.put(", ctrl 0x").hex(head.control, head.unnumbered ? 2 : 4).put(": ");
}

// "oui Cisco (0x00000c), pid CDP (0x2000), length 300: "
void put_snap_head(Printer& p, std::uint32_t oui, std::uint16_t type, std::size_t length) {
  const char* oui_name = find_token(kOuis, oui);
  const char* type_name = nullptr;
  if (oui == kOuiEthernet || oui == kOuiCiscoBridged || oui == kOuiAppletalk) {
    type_name = ethertype_name(type);
  } else if (oui == kOuiCisco) {
    type_name = find_token(kCiscoIds, type);
  }
  p.out.put("oui ").put(oui_name != nullptr ? oui_name : "Unknown").put(" (0x").hex(oui, 6);
  p.out.put("), ").put(oui == kOuiEthernet ? "ethertype " : "pid ");
  p.out.put(type_name != nullptr ? type_name : "Unknown").put(" (0x").hex(type, 4);
  p.out.put("), length ").dec(length).put(": ");
}

// False when nothing knows the payload.
bool print_snap(Printer& p, Input in, const LinkAddresses& addresses) {
  if (in.captured() < 5 || in.length() < 5) {
    p.truncate();
    return true;
  }
  const std::uint32_t oui = in.be24(0);
  const std::uint16_t type = in.be16(3);
  if (p.options.link_header) put_snap_head(p, oui, type, in.length() - 5);
  const Input payload = in.from(5);
  if (oui == kOuiEthernet || oui == kOuiCiscoBridged) {
    if (print_ethertype(p, type, payload, addresses)) return true;
  } else if (oui == kOuiCisco) {
    if (print_cisco_snap(p, type, payload)) return true;
  } else if (oui == kOuiRfc2684) {
    if (print_bridged(p, type, payload)) return true;
  }
  if (!p.options.link_header) put_snap_head(p, oui, type, in.length() - 5);
  return false;
}

void put_sap_name(Printer& p, std::uint8_t sap, const char* unknown) {
  if (const char* name = find_token(kSaps, sap)) {
    p.out.put(name);
  } else {
    p.out.put(unknown).hex(sap, 2);
  }
}

// Who talks to whom, for frames that -e has not introduced.
void put_stations(Printer& p, const Head& head, const LinkAddresses& addresses) {
  const bool has_addresses = addresses.source != nullptr && addresses.destination != nullptr;
  if (head.ssap() == head.dsap()) {
    if (has_addresses) {
      p.out.mac(addresses.source).put(" > ").mac(addresses.destination).put(' ');
    }
    put_sap_name(p, head.dsap(), "Unknown DSAP 0x");
    p.out.put(' ');
    return;
  }
  if (has_addresses) p.out.mac(addresses.source).put(' ');
  put_sap_name(p, head.ssap(), "Unknown SSAP 0x");
  p.out.put(" > ");
  if (has_addresses) p.out.mac(addresses.destination).put(' ');
  put_sap_name(p, head.dsap(), "Unknown DSAP 0x");
  p.out.put(' ');
}

void put_flags(Printer& p, std::uint32_t value) {
  const char* text = find_token(kFlags, value);
  p.out.put(", Flags [").put(text != nullptr ? text : "?").put(']');
}

// The control field in words. False when the payload is still to be dumped.
bool put_control(Printer& p, const Head& head, const Input& payload) {
  const std::size_t length = payload.length() + head.bytes;
  const std::uint32_t response = head.ssap_field & 1U;
  if (head.unnumbered) {
    const std::uint32_t command = head.control & 0xefU;
    p.out.put("Unnumbered, ");
    if (const char* name = find_token(kCommands, command)) {
      p.out.put(name);
    } else {
      p.out.hex(command, 2);
    }
    put_flags(p, response | (head.control & 0x10U));
    p.out.put(", length ").dec(length);
    if (command == kExchangeIdentification) {
      if (payload.length() == 0) return true;
      if (payload.u8(0) == 0x81) {
        p.out.put(": ").hex(payload.u8(1), 2).put(' ').hex(payload.u8(2), 2);
        return true;
      }
    }
    return false;
  }
  if ((head.control & 0x03) == 0x01) {
    p.out.put("Supervisory, ");
    const char* name = find_token(kSupervisory, head.control >> 2 & 3U);
    p.out.put(name != nullptr ? name : "?").put(", rcv seq ").dec(head.control >> 9);
    put_flags(p, response | (head.control & 0x100U));
    p.out.put(", length ").dec(length);
    return true;
  }
  p.out.put("Information, send seq ").dec(head.control >> 1 & 0x7fU);
  p.out.put(", rcv seq ").dec(head.control >> 9);
  put_flags(p, response | (head.control & 0x100U));
  p.out.put(", length ").dec(length);
  return false;
}

// The protocols that have a service access point of their own. False: is none of them.
bool print_sap_payload(Printer& p, const Head& head, const Input& payload,
                       const LinkAddresses& addresses, bool& known) {
  if (head.ssap() != head.dsap() || head.control != kUnnumberedInformation) return false;
  switch (head.dsap()) {
    case kSapSnap:
      known = print_snap(p, payload, addresses);
      return true;
    case kSapStp:
      print_stp(p, payload);
      return true;
    case kSapIp:
      print_ipv4(p, payload);
      return true;
    case kSapIpx:
      if (p.options.link_header) p.out.put("IPX 802.2: ");
      print_ipx(p, payload);
      return true;
    case kSapIso:
      print_iso(p, payload);
      return true;
    default:
      return false;
  }
}

}  // namespace

std::size_t print_llc(Printer& p, Input in, LinkAddresses addresses, bool& known) {
  p.set_protocol("llc");
  known = true;
  if (in.available() < 3) {
    p.put_truncated();
    known = false;
    return in.captured();
  }
  Head head{in.u8(0), in.u8(1), in.u8(2), (in.u8(2) & 0x03) == 0x03, 3};
  if (!head.unnumbered) {
    if (in.available() < 4) {
      p.put_truncated();
      known = false;
      return in.captured();
    }
    head.control = in.le16(2);
    head.bytes = 4;
  }
  if (head.ssap_field == kSapGlobal && head.dsap_field == kSapGlobal) {
    if (p.options.link_header) p.out.put("IPX 802.3: ");
    print_ipx(p, in);
    return 0;
  }
  if (p.options.link_header) put_head(p, head);
  const Input payload = in.from(head.bytes);
  if (print_sap_payload(p, head, payload, addresses, known)) {
    const bool snap = head.dsap() == kSapSnap;
    return head.bytes + (snap ? 5 : 0);
  }
  if (!p.options.link_header) put_stations(p, head, addresses);
  known = put_control(p, head, payload);
  return head.bytes;
}

}  // namespace capstan::text
