// LLDP TLVs of IEEE 802.1, 802.3 and IANA (802.1AB annexes E and F, RFC 8520).
#include "tools/text/link/lldp.h"

namespace capstan::text {

namespace {

constexpr std::uint32_t kOui8021 = 0x0080c2;
constexpr std::uint32_t kOui8023 = 0x00120f;
constexpr std::uint32_t kOuiIana = 0x00005e;
constexpr Token kOuis[] = {{kOui8021, "Ethernet bridged"},
                           {kOui8023, "IEEE 802.3 Private"},
                           {0x0012bb, "ANSI/TIA"},
                           {0x000ecf, "Profinet"},
                           {kOuiIana, "IANA"}};

constexpr Token k8021Subtypes[] = {{1, "Port VLAN Id"},
                                   {2, "Port and Protocol VLAN ID"},
                                   {3, "VLAN name"},
                                   {4, "Protocol Identity"}};
constexpr Token k8023Subtypes[] = {{1, "MAC/PHY configuration/status"},
                                   {2, "Power via MDI"},
                                   {3, "Link aggregation"},
                                   {4, "Max frame size"}};
constexpr Token kNegotiation[] = {{1, "supported"}, {2, "enabled"}};
constexpr Token kAggregation[] = {{1, "supported"}, {2, "enabled"}};
constexpr Token kPhyCapabilities[] = {
    {0x4000, "10BASE-T hdx"},
    {0x2000, "10BASE-T fdx"},
    {0x1000, "100BASE-T4"},
    {0x0800, "100BASE-TX hdx"},
    {0x0400, "100BASE-TX fdx"},
    {0x0200, "100BASE-T2 hdx"},
    {0x0100, "100BASE-T2 fdx"},
    {0x0080, "Pause for fdx links"},
    {0x0040, "Asym PAUSE for fdx"},
    {0x0020, "Sym PAUSE for fdx"},
    {0x0010, "Asym and Sym PAUSE for fdx"},
    {0x0008, "1000BASE-{X LX SX CX} hdx"},
    {0x0004, "1000BASE-{X LX SX CX} fdx"},
    {0x0002, "1000BASE-T hdx"},
    {0x0001, "1000BASE-T fdx"},
};
constexpr Token kMauTypes[] = {
    {10, "10BASET hdx"},   {11, "10BASET fdx"},   {15, "100BASETX hdx"}, {16, "100BASETX fdx"},
    {29, "1000BASET hdx"}, {30, "1000BASET fdx"}, {31, "10GBASEX"},      {32, "10GBASELX4"},
    {33, "10GBASER"},      {34, "10GBASEER"},     {35, "10GBASELR"},     {36, "10GBASESR"},
};

// Bits from the highest to the lowest, which is how the capability is listed.
bool put_8023(Printer& p, const Input& value, std::uint8_t subtype, std::size_t size) {
  const char* name = find_token(k8023Subtypes, subtype);
  p.out.put("\n\t  ").put(name != nullptr ? name : "unknown").put(" Subtype (");
  p.out.dec(subtype).put(')');
  if (subtype == 1 && size >= 9) {
    p.out.put("\n\t    autonegotiation [");
    p.bits(kNegotiation, value.u8(4)).put("] (0x").hex(value.u8(4), 2);
    p.out.put(")\n\t    PMD autoneg capability [");
    p.bits(kPhyCapabilities, value.be16(5)).put("] (0x").hex(value.be16(5), 4);
    p.out.put(")\n\t    MAU type ");
    const char* mau = find_token(kMauTypes, value.be16(7));
    p.out.put(mau != nullptr ? mau : "unknown").put(" (0x").hex(value.be16(7), 4).put(')');
    return true;
  }
  if (subtype == 3 && size >= 9) {
    p.out.put("\n\t    aggregation status [");
    p.bits(kAggregation, value.u8(4)).put("], aggregation port ID ").dec(value.be32(5));
    return true;
  }
  if (subtype == 4 && size >= 6) {
    p.out.put("\n\t    MTU size ").dec(value.be16(4));
    return true;
  }
  return false;
}

bool put_8021(Printer& p, const Input& value, std::uint8_t subtype, std::size_t size) {
  const char* name = find_token(k8021Subtypes, subtype);
  p.out.put("\n\t  ").put(name != nullptr ? name : "unknown").put(" Subtype (");
  p.out.dec(subtype).put(')');
  if (subtype == 1 && size >= 6) {
    p.out.put("\n\t    port vlan id (PVID): ").dec(value.be16(4));
    return true;
  }
  if (subtype == 2 && size >= 7) {
    const std::uint8_t flags = value.u8(4);
    p.out.put("\n\t    port and protocol vlan id (PPVID): ").dec(value.be16(5));
    p.out.put(", flags [").put((flags & 2) != 0 ? "supported" : "none").put("] (0x");
    p.out.hex(flags, 2).put(')');
    return true;
  }
  if (subtype == 3 && size >= 7) {
    p.out.put("\n\t    vlan id (VID): ").dec(value.be16(4)).put("\n\t    vlan name: ");
    const std::size_t text = value.u8(6);
    p.safe_text(value.from(7), text < size - 7 ? text : size - 7);
    return true;
  }
  return false;
}

}  // namespace

bool print_lldp_organization(Printer& p, const Input& value, std::size_t size) {
  if (size < 4) {
    p.put_invalid();
    return true;
  }
  const std::uint32_t oui = value.be24(0);
  const std::uint8_t subtype = value.u8(3);
  const char* name = find_token(kOuis, oui);
  p.out.put(": OUI ").put(name != nullptr ? name : "Unknown").put(" (0x").hex(oui, 6).put(')');
  if (oui == kOui8023) return put_8023(p, value, subtype, size);
  if (oui == kOui8021) return put_8021(p, value, subtype, size);
  if (oui == kOuiIana && subtype == 1) {
    p.out.put("\n\t  MUD-URL Subtype (1)\n\t  MUD-URL=");
    p.safe_text(value.from(4), size - 4);
    return true;
  }
  p.hex_data(value.from(3), "\n\t  ", size - 3);
  return p.options.verbosity > 1;
}

}  // namespace capstan::text
