// LLDP (IEEE 802.1AB): the system name, and with -v every TLV.
#include "tools/text/link/lldp.h"

#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

enum Type : std::uint8_t {
  kEnd = 0,
  kChassis = 1,
  kPort = 2,
  kTtl = 3,
  kPortDescription = 4,
  kSystemName = 5,
  kSystemDescription = 6,
  kCapabilities = 7,
  kManagement = 8,
  kOrganization = 127,
};
constexpr Token kTypes[] = {
    {kEnd, "End"},
    {kChassis, "Chassis ID"},
    {kPort, "Port ID"},
    {kTtl, "Time to Live"},
    {kPortDescription, "Port Description"},
    {kSystemName, "System Name"},
    {kSystemDescription, "System Description"},
    {kCapabilities, "System Capabilities"},
    {kManagement, "Management Address"},
    {kOrganization, "Organization specific"},
};
constexpr Token kChassisSubtypes[] = {
    {1, "Chassis component"}, {2, "Interface alias"}, {3, "Port component"}, {4, "MAC address"},
    {5, "Network address"},   {6, "Interface name"},  {7, "Local"}};
constexpr Token kPortSubtypes[] = {
    {1, "Interface alias"}, {2, "Port component"},   {3, "MAC address"}, {4, "Network Address"},
    {5, "Interface Name"},  {6, "Agent circuit ID"}, {7, "Local"}};
constexpr Token kCapabilityBits[] = {{0x01, "Other"},   {0x02, "Repeater"},    {0x04, "Bridge"},
                                     {0x08, "WLAN AP"}, {0x10, "Router"},      {0x20, "Telephone"},
                                     {0x40, "Docsis"},  {0x80, "Station Only"}};
constexpr Token kNumberings[] = {{1, "Unknown"}, {2, "Interface Index"}, {3, "System Port Number"}};
constexpr Token kFamilies[] = {{1, "IPv4"}, {2, "IPv6"}, {6, "802"}};

// An address with its family in front, as management and network addresses have it.
void put_network_address(Printer& p, const Input& in, std::size_t size) {
  if (size < 1) return;
  const std::uint8_t family = in.u8(0);
  const char* name = find_token(kFamilies, family);
  p.out.put(", AFI ").put(name != nullptr ? name : "Unknown").put(" (").dec(family).put("): ");
  if (family == 1 && size >= 5) {
    p.host4(in.at(1, 4));
  } else if (family == 2 && size >= 17) {
    p.host6(in.at(1, 16));
  } else if (family == 6 && size >= 7) {
    p.out.mac(in.at(1, 6));
  } else {
    p.out.put("no printer");
  }
}

void put_id(Printer& p, const Input& value, std::size_t size, bool chassis) {
  if (size < 2) {
    p.put_invalid();
    return;
  }
  const std::uint8_t subtype = value.u8(0);
  const std::span<const Token> names =
      chassis ? std::span<const Token>(kChassisSubtypes) : std::span<const Token>(kPortSubtypes);
  const char* name = find_token(names, subtype);
  p.out.put("\n\t  Subtype ").put(name != nullptr ? name : "Unknown").put(" (");
  p.out.dec(subtype).put("): ");
  const std::uint8_t mac = chassis ? 4 : 3;
  const std::uint8_t network = chassis ? 5 : 4;
  if (subtype == mac) {
    if (size >= 7) p.out.mac(value.at(1, 6));
  } else if (subtype == network) {
    p.out.rewind(p.out.size() - 2);
    put_network_address(p, value.from(1), size - 1);
  } else if (name != nullptr) {
    p.safe_text(value.from(1), size - 1);
  } else {
    p.hex_data(value, "\n\t  ", size);
  }
}

void put_capabilities(Printer& p, const Input& value, std::size_t size) {
  if (size < 4) {
    p.put_invalid();
    return;
  }
  p.out.put("\n\t  System  Capabilities [");
  p.bits(kCapabilityBits, value.be16(0)).put("] (0x").hex(value.be16(0), 4);
  p.out.put(")\n\t  Enabled Capabilities [");
  p.bits(kCapabilityBits, value.be16(2)).put("] (0x").hex(value.be16(2), 4).put(')');
}

void put_management(Printer& p, const Input& value, std::size_t size) {
  const std::size_t address = value.u8(0);
  p.out.put("\n\t  Management Address length ").dec(address);
  if (address == 0 || size < 1 + address) return;
  put_network_address(p, value.from(1), address);
  if (size < 1 + address + 5) return;
  const Input numbering = value.from(1 + address);
  const char* name = find_token(kNumberings, numbering.u8(0));
  p.out.put("\n\t  ").put(name != nullptr ? name : "Unknown").put(" Interface Numbering (");
  p.out.dec(numbering.u8(0)).put("): ").dec(numbering.be32(1));
  const std::size_t oid = numbering.u8(5);
  if (oid > 0 && size >= 1 + address + 6 + oid) {
    p.out.put("\n\t  OID length ").dec(oid).put(": ");
    p.safe_text(numbering.from(6), oid);
  }
}

// What -v says of one TLV. False when the rest is to be dumped.
bool put_value(Printer& p, const Input& value, std::uint8_t type, std::size_t size) {
  switch (type) {
    case kEnd:
      return true;
    case kChassis:
    case kPort:
      put_id(p, value, size, type == kChassis);
      return true;
    case kTtl:
      if (size < 2) {
        p.put_invalid();
        return true;
      }
      p.out.put(": TTL ").dec(value.be16(0)).put('s');
      return true;
    case kPortDescription:
    case kSystemName:
      p.out.put(": ");
      p.safe_text(value, size);
      return true;
    case kSystemDescription:
      p.out.put("\n\t  ");
      p.safe_text(value, size);
      return true;
    case kCapabilities:
      put_capabilities(p, value, size);
      return true;
    case kManagement:
      put_management(p, value, size);
      return true;
    case kOrganization:
      return print_lldp_organization(p, value, size);
    default:
      return false;
  }
}

}  // namespace

void print_lldp(Printer& p, Input in) {
  p.set_protocol("lldp");
  p.out.put("LLDP, length ").dec(in.length());
  while (in.length() >= 2 && !p.truncated()) {
    const std::uint16_t head = in.be16(0);
    const auto type = static_cast<std::uint8_t>(head >> 9);
    const std::size_t size = head & 0x1ffU;
    in = in.from(2);
    if (p.verbose()) {
      const char* name = find_token(kTypes, type);
      p.out.put("\n\t").put(name != nullptr ? name : "Unknown").put(" TLV (").dec(type);
      p.out.put("), length ").dec(size);
    }
    if (in.length() < size || !in.need(0, size)) {
      p.truncate();
      return;
    }
    if (type == kEnd && size == 0) return;
    if (p.verbose()) {
      const bool known = put_value(p, in, type, size);
      if (p.truncated()) return;
      if (p.options.verbosity > 1 || !known) p.hex_data(in, "\n\t  ", size);
    } else if (type == kSystemName) {
      p.out.put(": ");
      p.safe_text(in, size);
    }
    in = in.from(size);
  }
}

}  // namespace capstan::text
