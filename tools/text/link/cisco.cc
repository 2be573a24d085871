// What Cisco devices send over SNAP: CDP with all its fields; DTP, VTP and UDLD by their heads.
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

enum CdpType : std::uint16_t {
  kDevice = 0x01,
  kAddress = 0x02,
  kPort = 0x03,
  kCapability = 0x04,
  kVersion = 0x05,
  kPlatform = 0x06,
  kPrefix = 0x07,
  kHello = 0x08,
  kVtpDomain = 0x09,
  kNativeVlan = 0x0a,
  kDuplex = 0x0b,
  kVoiceVlan = 0x0e,
  kPower = 0x10,
  kMtu = 0x11,
  kTrust = 0x12,
  kUntrusted = 0x13,
  kSystemName = 0x14,
  kSystemObject = 0x15,
  kManagement = 0x16,
  kLocation = 0x17,
};
constexpr Token kCdpTypes[] = {
    {kDevice, "Device-ID"},
    {kAddress, "Address"},
    {kPort, "Port-ID"},
    {kCapability, "Capability"},
    {kVersion, "Version String"},
    {kPlatform, "Platform"},
    {kPrefix, "Prefixes"},
    {kHello, "Protocol-Hello option"},
    {kVtpDomain, "VTP Management Domain"},
    {kNativeVlan, "Native VLAN ID"},
    {kDuplex, "Duplex"},
    {kVoiceVlan, "ATA-186 VoIP VLAN assignment"},
    {0x0f, "ATA-186 VoIP VLAN request"},
    {kPower, "power consumption"},
    {kMtu, "MTU"},
    {kTrust, "AVVID trust bitmap"},
    {kUntrusted, "AVVID untrusted ports CoS"},
    {kSystemName, "System Name"},
    {kSystemObject, "System Object ID (not decoded)"},
    {kManagement, "Management Addresses"},
    {kLocation, "Physical Location"},
};
constexpr Token kCapabilities[] = {
    {0x01, "Router"},    {0x02, "Transparent Bridge"}, {0x04, "Source Route Bridge"},
    {0x08, "L2 Switch"}, {0x10, "L3 capable"},         {0x20, "IGMP snooping"},
    {0x40, "L1 capable"}};

void put_quoted(Printer& p, const Input& value, std::size_t size) {
  p.out.put('\'');
  p.safe_text(value, size).put('\'');
}

// Addresses: a count, then for each a protocol (type, length, bytes) and a length-counted address.
void put_addresses(Printer& p, Input in) {
  const std::uint32_t count = in.be32(0);
  in = in.from(4);
  for (std::uint32_t i = 0; i < count && in.length() >= 2 && !p.truncated(); ++i) {
    const std::uint8_t type = in.u8(0);
    const std::size_t protocol_bytes = in.u8(1);
    const std::uint8_t protocol = in.u8(2);
    in = in.from(2 + protocol_bytes);
    const std::size_t size = in.be16(0);
    if (p.truncated()) return;
    in = in.from(2);
    if (i > 0) p.out.put(' ');
    if (type == 1 && protocol_bytes == 1 && protocol == 0xcc && size == 4) {
      p.out.put("IPv4 (1) ");
      p.host4(in.at(0, 4));
    } else if (type == 2 && size == 16) {
      p.out.put("IPv6 (1) ");
      p.host6(in.at(0, 16));
    } else {
      p.out.put("pt=0x").hex(type, 2).put(", pl=").dec(protocol_bytes);
      p.out.put(", al=").dec(size).put(", a=");
      for (std::size_t k = 0; k < size && !p.truncated(); ++k) p.out.put(' ').hex(in.u8(k), 2);
    }
    in = in.from(size);
  }
}

void put_version(Printer& p, const Input& value, std::size_t size) {
  p.out.put("\n\t  ");
  for (std::size_t i = 0; i < size && !p.truncated(); ++i) {
    const std::uint8_t byte = value.u8(i);
    if (byte == '\n') {
      p.out.put("\n\t  ");
    } else {
      p.safe_char(byte);
    }
  }
}

// The sizes that a field's value may have, where that is fixed.
bool is_malformed(std::uint16_t type, std::size_t size) noexcept {
  switch (type) {
    case kCapability:
    case kMtu:
      return size != 4;
    case kNativeVlan:
      return size != 2;
    case kDuplex:
    case kTrust:
    case kUntrusted:
      return size != 1;
    case kVoiceVlan:
    case 0x0f:
      return size != 3;
    case kPower:
      return size < 1 || size > 3;
    case kLocation:
      return size < 1;
    default:
      return false;
  }
}

void put_prefixes(Printer& p, const Input& value, std::size_t size) {
  if (size % 5 != 0) {
    p.out.put(" [length ").dec(size).put(" is not a multiple of 5]");
    return;
  }
  p.out.put(" IPv4 Prefixes (").dec(size / 5).put("):");
  for (std::size_t at = 0; at < size && !p.truncated(); at += 5) {
    p.out.put(' ');
    p.host4(value.at(at, 4)).put('/').dec(value.u8(at + 4));
  }
}

void put_power(Printer& p, const Input& value, std::size_t size) {
  std::uint32_t milliwatts = 0;
  for (std::size_t i = 0; i < size; ++i) milliwatts = milliwatts << 8 | value.u8(i);
  const std::uint32_t hundredths = (milliwatts + 5) / 10;
  p.out.dec(hundredths / 100).put('.').dec_padded(hundredths % 100, 2).put('W');
}

void put_cdp_value(Printer& p, const Input& value, std::uint16_t type, std::size_t size) {
  switch (type) {
    case kDevice:
    case kPort:
    case kPlatform:
    case kVtpDomain:
    case kSystemName:
      put_quoted(p, value, size);
      return;
    case kAddress:
    case kManagement:
      put_addresses(p, value.with_length(size));
      return;
    case kCapability:
      p.out.put("(0x").hex(value.be32(0), 8).put("): ");
      p.bits(kCapabilities, value.be32(0));
      return;
    case kVersion:
      put_version(p, value, size);
      return;
    case kPrefix:
      return put_prefixes(p, value, size);
    case kNativeVlan:
      p.out.dec(value.be16(0));
      return;
    case kDuplex:
      p.out.put(value.u8(0) != 0 ? "full" : "half");
      return;
    case kVoiceVlan:
    case 0x0f:
      p.out.put("app ").dec(value.u8(0)).put(", vlan ").dec(value.be16(1));
      return;
    case kPower:
      return put_power(p, value, size);
    case kMtu:
      p.out.dec(value.be32(0)).put(" bytes");
      return;
    case kTrust:
    case kUntrusted:
      p.out.put("0x").hex(value.u8(0), 2);
      return;
    case kLocation:
      p.out.put("0x").hex(value.u8(0), 2).put('/');
      p.safe_text(value.from(1), size - 1);
      return;
    case kHello:
    case kSystemObject:
      return;
    default:
      p.hex_data(value, "\n\t  ", size);
  }
}

void print_cdp(Printer& p, Input in) {
  p.set_protocol("cdp");
  if (in.length() < 4) {
    p.truncate();
    return;
  }
  const std::size_t length = in.length();
  p.out.put("CDPv").dec(in.u8(0)).put(", ttl: ").dec(in.u8(1)).put('s');
  if (p.verbose()) {
    p.out.put(", checksum: 0x").hex(in.be16(2), 4).put(" (unverified), length ").dec(length);
  }
  in = in.from(4);
  while (in.length() > 0 && !p.truncated()) {
    if (in.length() < 4) {
      p.out.put(" (remaining packet length ").dec(in.length()).put(" < 4)");
      p.put_invalid();
      return;
    }
    const std::uint16_t type = in.be16(0);
    const std::size_t whole = in.be16(2);
    if (p.truncated()) return;
    if (whole < 4 || whole > in.length()) {
      p.put_invalid();
      return;
    }
    const std::size_t size = whole - 4;
    if (!in.need(0, whole)) return;
    if (p.verbose()) {
      const char* name = find_token(kCdpTypes, type);
      p.out.put("\n\t").put(name != nullptr ? name : "unknown field type").put(" (0x");
      p.out.hex(type, 2).put("), value length: ").dec(size).put(size == 1 ? " byte: " : " bytes: ");
    }
    if (is_malformed(type, size)) {
      p.out.put(" (malformed TLV)");
      p.hex_data(in.from(4), "\n\t  ", size);
    } else if (p.verbose()) {
      put_cdp_value(p, in.from(4), type, size);
    } else if (type == kDevice) {
      p.out.put(", Device-ID ");
      put_quoted(p, in.from(4), size);
    } else {
      // Without -v only the device is decoded; the other fields are dumped, with -x or not.
      p.hex_data(in.from(4), "\n\t  ", size);
    }
    in = in.from(whole);
  }
  if (!p.verbose()) p.out.put(", length ").dec(length);
}

}  // namespace

bool print_cisco_snap(Printer& p, std::uint16_t type, Input in) {
  switch (type) {
    case 0x2000:
      print_cdp(p, in);
      return true;
    case 0x2004:
      p.set_protocol("dtp");
      p.out.put("DTPv").dec(in.u8(0)).put(", length ").dec(in.length());
      return true;
    case 0x0111:
      p.set_protocol("udld");
      p.out.put("UDLDv").dec(in.u8(0) >> 5).put(", Code ");
      {
        static constexpr Token kCodes[] = {
            {0, "Reserved"}, {1, "Probe message"}, {2, "Echo message"}, {3, "Flush message"}};
        const char* name = find_token(kCodes, in.u8(0) & 31U);
        p.out.put(name != nullptr ? name : "Reserved").put(" (").hex(in.u8(0) & 31U);
      }
      p.out.put("), Flags [");
      {
        static constexpr Token kFlags[] = {{1, "RT"}, {2, "RSY"}};
        p.bits(kFlags, in.u8(1));
      }
      p.out.put("] (0x").hex(in.u8(1), 2).put("), length ").dec(in.length());
      return true;
    case 0x2003:
      p.set_protocol("vtp");
      p.out.put("VTPv").dec(in.u8(0)).put(", Message ");
      {
        static constexpr Token kMessages[] = {{1, "Summary advertisement"},
                                              {2, "Subset advertisement"},
                                              {3, "Advertisement request"},
                                              {4, "Join message"}};
        p.token(kMessages, in.u8(1), "Unknown message type (", ")");
      }
      p.out.put(" (0x").hex(in.u8(1), 2).put("), length ").dec(in.length());
      return true;
    case 0x010b:
    case 0x010c:
      print_stp(p, in);
      return true;
    default:
      return false;
  }
}

}  // namespace capstan::text
