// RADIUS (RFC 2865, 2866, 5176 and the attributes of many others).
#include <ctime>

#include "tools/text/apps/radius_tables.h"
#include "tools/text/fields.h"
#include "tools/text/link/eap_message.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr std::size_t kHeaderBytes = 20;

enum Type : unsigned {
  kFramedAddress = 8,
  kLoginHost = 14,
  kFramedIpx = 23,
  kSessionTimeout = 27,
  kIdleTimeout = 28,
  kAppleTalkLink = 37,
  kAppleTalkNetwork = 38,
  kDelayTime = 41,
  kSessionTime = 46,
  kEgressVlan = 56,
  kEgressVlanName = 58,
  kTunnelType = 64,
  kTunnelMedium = 65,
  kTunnelClient = 66,
  kTunnelServer = 67,
  kTunnelPassword = 69,
  kArapPassword = 70,
  kArapFeatures = 71,
  kTunnelGroup = 81,
  kTunnelAssignment = 82,
  kTunnelPreference = 83,
  kArapChallenge = 84,
  kInterimInterval = 85,
  kTunnelClientName = 90,
  kTunnelServerName = 91,
  kEapMessage = 79,
  kErrorCause = 101,
};

// What a value's printer is given: the attribute's content, as long as it says.
void put_wrong_size(Printer& p, std::size_t size, std::string_view rule) {
  p.out.put("ERROR: length ").dec(size).put(rule);
}

void put_dotted_text(Printer& p, const Input& in, std::size_t at, std::size_t end, bool to_nul) {
  for (; at < end && !p.truncated(); ++at) {
    const std::uint8_t byte = in.u8(at);
    if (to_nul && byte == 0) return;
    p.out.put(byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '.');
  }
}

void put_tag(Printer& p, unsigned tag) {
  if (tag != 0) {
    p.out.put("Tag[").dec(tag).put("] ");
  } else {
    p.out.put("Tag[Unused] ");
  }
}

void put_vlan_tag(Printer& p, unsigned tag) {
  const char* name = find_token(kRadiusTagged, tag);
  p.out.put(name != nullptr ? name : "Unknown tag").put(" (").hex0x(tag, 2).put(") ");
}

void put_text_value(Printer& p, const Input& in, unsigned type) {
  if (!in.has(0, in.length())) return void(p.put_truncated());
  std::size_t at = 0;
  switch (type) {
    case kTunnelPassword:
      if (in.length() < 3) return void(p.put_truncated());
      put_tag(p, in.u8(0) <= 0x1f ? in.u8(0) : 0);
      p.out.put("Salt ").dec(in.be16(1)).put(' ');
      at = 3;
      break;
    case kTunnelClient:
    case kTunnelServer:
    case kTunnelGroup:
    case kTunnelAssignment:
    case kTunnelClientName:
    case kTunnelServerName:
      if (in.u8(0) > 0x1f) break;
      put_tag(p, in.u8(0));
      at = 1;
      break;
    case kEapMessage:
      return put_eap_message(p, in);
    case kEgressVlanName:
      put_vlan_tag(p, in.u8(0));
      at = 1;
      break;
    default:
      break;
  }
  put_dotted_text(p, in, at, in.length(), true);
}

void put_span(Printer& p, std::uint32_t seconds) {
  if (seconds < 60) {
    p.out.dec_padded(seconds, 2).put(" secs");
  } else if (seconds < 3600) {
    p.out.dec_padded(seconds / 60, 2).put(':').dec_padded(seconds % 60, 2).put(" min");
  } else {
    p.out.dec_padded(seconds / 3600, 2).put(':').dec_padded(seconds % 3600 / 60, 2).put(':');
    p.out.dec_padded(seconds % 60, 2).put(" hours");
  }
}

void put_named_number(Printer& p, const Input& in, unsigned type,
                      std::span<const char* const> values) {
  std::uint32_t value = in.be32(0);
  if (type == kTunnelType || type == kTunnelMedium) {
    put_tag(p, in.u8(0));
    value = in.be24(1);
  }
  if (value < values.size() && values[value] != nullptr) {
    p.out.put(values[value]);
  } else {
    p.out.put('#').dec(value);
  }
}

void put_number(Printer& p, const Input& in, unsigned type, std::span<const char* const> values) {
  if (in.length() != 4) return put_wrong_size(p, in.length(), " != 4");
  if (!in.need(0, 4)) return;
  if (!values.empty()) return put_named_number(p, in, type, values);
  const std::uint32_t value = in.be32(0);
  switch (type) {
    case kFramedIpx:
      if (value == 0xfffffffe) return void(p.out.put("NAS Select"));
      break;
    case kSessionTimeout:
    case kIdleTimeout:
    case kDelayTime:
    case kSessionTime:
    case kInterimInterval:
      return put_span(p, value);
    case kAppleTalkLink:
      if (value == 0) return void(p.out.put("Unnumbered"));
      break;
    case kAppleTalkNetwork:
      if (value == 0) return void(p.out.put("NAS assigned"));
      break;
    case kTunnelPreference:
      put_tag(p, in.u8(0));
      p.out.dec(in.be24(1));
      return;
    case kEgressVlan:
      put_vlan_tag(p, in.u8(0));
      p.out.dec(in.be24(1));
      return;
    default:
      break;
  }
  p.out.dec(value);
}

void put_ipv4_value(Printer& p, const Input& in, unsigned type) {
  if (in.length() != 4) return put_wrong_size(p, in.length(), " != 4");
  if (!in.need(0, 4)) return;
  const bool chosen = type == kFramedAddress || type == kLoginHost;
  if (chosen && in.be32(0) == 0xffffffff) {
    p.out.put("User Selected");
  } else if (chosen && in.be32(0) == 0xfffffffe) {
    p.out.put("NAS Select");
  } else {
    p.host4(in.at(0, 4));
  }
}

// RFC 3162 section 2.3.
void put_ipv6_prefix(Printer& p, const Input& in) {
  const std::size_t size = in.length();
  if (size < 2 || size > 18) return put_wrong_size(p, size, " not in range (2..18)");
  if (!in.has(0, size)) return void(p.put_truncated());
  const unsigned bits = in.u8(1);
  if (bits > 128) {
    p.out.put("ERROR: netmask ").dec(bits).put(" not in range (0..128)");
    return;
  }
  std::uint8_t address[16] = {};
  for (std::size_t i = 2; i < size; ++i) address[i - 2] = in.u8(i);
  p.host6(address).put('/').dec(bits);
  if (bits > 8 * (size - 2)) p.out.put(" (inconsistent prefix length)");
}

void put_home_link_prefix(Printer& p, const Input& in) {
  if (in.length() != 17) return put_wrong_size(p, in.length(), " != 17");
  if (!in.has(0, 17)) return void(p.put_truncated());
  if (in.u8(0) > 128) {
    p.out.put("ERROR: netmask ").dec(in.u8(0)).put(" not in range (0..128)");
    return;
  }
  p.host6(in.at(1, 16)).put('/').dec(in.u8(0));
}

void put_mobile_features(Printer& p, const Input& in) {
  if (in.length() != 8) return put_wrong_size(p, in.length(), " != 8");
  if (!in.need(0, 8)) return;
  const std::uint64_t bits = in.be64(0);
  std::string_view separator = "";
  p.out.put('[');
  for (const WideToken& feature : kMobileFeatures) {
    if ((bits & feature.value) == 0) continue;
    p.out.put(separator).put(feature.text);
    separator = ", ";
  }
  p.out.put(']');
}

// As ctime(3) writes it, in local time.
void put_time_value(Printer& p, const Input& in) {
  if (in.length() != 4) return put_wrong_size(p, in.length(), " != 4");
  if (!in.need(0, 4)) return;
  const std::time_t time = in.be32(0);
  std::tm local = {};
  char text[32];
  localtime_r(&time, &local);
  p.out.put(
      std::string_view(text, std::strftime(text, sizeof text, "%a %b %e %H:%M:%S %Y", &local)));
}

// RFC 2865 section 5.26.
void put_vendor(Printer& p, const Input& in) {
  if (in.length() < 4) return void(p.put_truncated());
  if (!in.need(0, 4)) return;
  const std::uint32_t enterprise = in.be32(0);
  const char* name = find_token(kEnterprises, enterprise);
  p.out.put("Vendor: ").put(name != nullptr ? name : "Unknown").put(" (").dec(enterprise).put(')');
  for (Input rest = in.from(4); rest.length() >= 2 && !p.truncated();) {
    const unsigned type = rest.u8(0);
    const std::size_t size = rest.u8(1);
    if (p.truncated()) return;
    const bool broken = size < 2 || size > rest.length();
    if (!broken && !rest.has(2, size - 2)) return void(p.put_truncated());
    p.out.put("\n\t    Vendor Attribute: ").dec(type).put(", Length: ");
    p.out.dec(broken ? size : size - 2);
    if (size < 2) return void(p.out.put(" (bogus, must be >= 2)"));
    if (broken) {
      p.out.put(" (bogus, goes past end of vendor-specific attribute)");
      return;
    }
    p.out.put(", Value: ");
    put_dotted_text(p, rest, 2, size, false);
    rest = rest.from(size);
  }
}

void put_capital_hex(Printer& p, const Input& in, std::size_t at, std::size_t count) {
  for (std::size_t i = 0; i < count && !p.truncated(); ++i) p.out.format("{:02X}", in.u8(at + i));
}

// RFC 2869 sections 5.4, 5.5 and 5.15; RFC 5176 section 3.5.
void put_special(Printer& p, const Input& in, unsigned type) {
  switch (type) {
    case kArapPassword:
      if (in.length() != 16) return put_wrong_size(p, in.length(), " != 16");
      p.out.put("User_challenge (");
      put_capital_hex(p, in, 0, 8);
      p.out.put(") User_resp(");
      put_capital_hex(p, in, 8, 8);
      p.out.put(')');
      return;
    case kArapFeatures:
      if (in.length() != 14) return put_wrong_size(p, in.length(), " != 14");
      p.out.put(in.u8(0) != 0 ? "User can change password" : "User cannot change password");
      if (!in.need(1, 1)) return;
      p.out.put(", Min password length: ").dec(in.u8(1)).put(", created at: ");
      put_capital_hex(p, in, 2, 4);
      p.out.put(", expires in: ");
      put_capital_hex(p, in, 6, 4);
      p.out.put(", Current Time: ");
      put_capital_hex(p, in, 10, 4);
      return;
    case kArapChallenge:
      if (in.length() < 8) return put_wrong_size(p, in.length(), " != 8");
      return put_capital_hex(p, in, 0, 8);
    case kErrorCause: {
      if (in.length() != 4) {
        p.out.put("Error: length ").dec(in.length()).put(" != 4");
        return;
      }
      if (!in.need(0, 4)) return;
      const std::uint32_t cause = in.be32(0);
      p.out.put("Error cause ").dec(cause).put(": ");
      p.token(kRadiusErrorCauses, cause, "Error-Cause ", " not known");
      return;
    }
    default:
      return;
  }
}

// RFC 5580 sections 4.1 to 4.4.
void put_location(Printer& p, const Input& in, RadiusFormat format) {
  const std::size_t size = in.length();
  if (!in.has(0, size)) return void(p.put_truncated());
  if (format == RadiusFormat::kOperator) {
    if (size < 2) return put_wrong_size(p, size, " < 2");
    p.out.put('[');
    p.token(kRadiusOperatorSpaces, in.u8(0), "unknown namespace ").put("] ");
    p.safe_text(in.from(1), size - 1);
  } else if (format == RadiusFormat::kLocationInformation) {
    if (size < 21) return put_wrong_size(p, size, " < 21");
    p.out.put("index ").dec(in.be16(0)).put(", code ");
    p.token(kRadiusLocationCodes, in.u8(2), "Unknown (", ")").put(", entity ");
    p.token(kRadiusLocationEntities, in.u8(3), "Unknown (", ")").put(", sighting time ");
    put_ntp_time(p, in.be32(4), in.be32(8));
    p.out.put(", time to live ");
    put_ntp_time(p, in.be32(12), in.be32(16));
    p.out.put(", method \"");
    p.safe_text(in.from(20), size - 20).put('"');
  } else if (format == RadiusFormat::kLocationData) {
    if (size < 3) return put_wrong_size(p, size, " < 3");
    p.out.put("index ").dec(in.be16(0)).put(", location");
    put_data_with_text(p, in, 2, size - 2, "\n\t    ");
  } else {
    if (size < 10) return put_wrong_size(p, size, " < 10");
    p.out.put("flags [");
    p.bits(kRadiusLocationRules, in.be16(0)).put("], retention expires ");
    put_ntp_time(p, in.be32(2), in.be32(6));
    if (size > 10) {
      p.out.put(", note well \"");
      p.safe_text(in.from(10), size - 10).put('"');
    }
  }
}

void put_value(Printer& p, const Input& in, unsigned type, const RadiusAttribute& attribute) {
  switch (attribute.format) {
    case RadiusFormat::kNothing:
      return;
    case RadiusFormat::kText:
      return put_text_value(p, in, type);
    case RadiusFormat::kIpv4:
      return put_ipv4_value(p, in, type);
    case RadiusFormat::kNumber:
      return put_number(p, in, type, attribute.values);
    case RadiusFormat::kVendor:
      return put_vendor(p, in);
    case RadiusFormat::kTime:
      return put_time_value(p, in);
    case RadiusFormat::kSpecial:
      return put_special(p, in, type);
    case RadiusFormat::kIpv6:
      if (in.length() != 16) return put_wrong_size(p, in.length(), " != 16");
      p.host6(in.at(0, 16));
      return;
    case RadiusFormat::kIpv6Prefix:
      return put_ipv6_prefix(p, in);
    case RadiusFormat::kMobileFeatures:
      return put_mobile_features(p, in);
    case RadiusFormat::kHomeLinkPrefix:
      return put_home_link_prefix(p, in);
    default:
      return put_location(p, in, attribute.format);
  }
}

void put_attributes(Printer& p, Input in) {
  while (in.length() > 0 && !p.truncated()) {
    if (in.length() < 2 || !in.has(0, 2)) return void(p.put_truncated());
    const unsigned type = in.u8(0);
    const std::size_t size = in.u8(1);
    const bool known = type != 0 && type <= std::size(kRadiusAttributes);
    p.out.put("\n\t  ").put(known ? kRadiusAttributes[type - 1].name : "Unknown");
    p.out.put(" Attribute (").dec(type).put("), length: ").dec(size);
    if (size < 2) return void(p.out.put(" (bogus, must be >= 2)"));
    if (size > in.length()) return void(p.out.put(" (bogus, goes past end of packet)"));
    p.out.put(", Value: ");
    const Input value = in.from(2).with_length(size - 2);
    if (known && size > 2) put_value(p, value, type, kRadiusAttributes[type - 1]);
    if (p.options.verbosity > 1) put_data(p, value, 0, size - 2, "\n\t    ");
    in = in.from(size);
  }
}

}  // namespace

void print_radius(Printer& p, Input in) {
  p.set_protocol("radius");
  if (!in.has(0, kHeaderBytes)) return p.truncate();
  const std::size_t claimed = in.be16(2);
  if (claimed < kHeaderBytes) return p.truncate();
  const std::size_t length = claimed < in.length() ? claimed : in.length();
  const char* name = find_token(kRadiusCodes, in.u8(0));
  p.out.put("RADIUS, ");
  if (p.verbose()) p.out.put("length: ").dec(length).put("\n\t");
  p.out.put(name != nullptr ? name : "Unknown Command").put(" (").dec(in.u8(0)).put("), id: ");
  p.out.hex0x(in.u8(1), 2);
  if (!p.verbose()) {
    p.out.put(" length: ").dec(length);
    return;
  }
  p.out.put(", Authenticator: ");
  put_hex_run(p, in, 4, 16);
  if (length > kHeaderBytes) put_attributes(p, in.with_length(length).from(kHeaderBytes));
}

}  // namespace capstan::text
