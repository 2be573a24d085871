// BGP-4 (RFC 4271 section 4): the name alone, and with -v the messages.
#include "tools/text/routing/bgp.h"

#include "tools/text/fields.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

enum Message : std::uint8_t {
  kOpen = 1,
  kUpdate = 2,
  kNotification = 3,
  kKeepalive = 4,
  kRefresh = 5
};
constexpr std::size_t kHeaderBytes = 19;

constexpr Token kMessages[] = {{kOpen, "Open"},
                               {kUpdate, "Update"},
                               {kNotification, "Notification"},
                               {kKeepalive, "Keepalive"},
                               {kRefresh, "Route Refresh"}};
constexpr Token kErrors[] = {{1, "Message Header Error"},       {2, "OPEN Message Error"},
                             {3, "UPDATE Message Error"},       {4, "Hold Timer Expired"},
                             {5, "Finite State Machine Error"}, {6, "Cease"},
                             {7, "Capability Message Error"}};
constexpr Token kHeaderErrors[] = {
    {1, "Connection Not Synchronized"}, {2, "Bad Message Length"}, {3, "Bad Message Type"}};
constexpr Token kOpenErrors[] = {
    {1, "Unsupported Version Number"}, {2, "Bad Peer AS"},
    {3, "Bad BGP Identifier"},         {4, "Unsupported Optional Parameter"},
    {5, "Authentication Failure"},     {6, "Unacceptable Hold Time"},
    {7, "Capability Message Error"}};
constexpr Token kUpdateErrors[] = {{1, "Malformed Attribute List"},
                                   {2, "Unrecognized Well-known Attribute"},
                                   {3, "Missing Well-known Attribute"},
                                   {4, "Attribute Flags Error"},
                                   {5, "Attribute Length Error"},
                                   {6, "Invalid ORIGIN Attribute"},
                                   {7, "AS Routing Loop"},
                                   {8, "Invalid NEXT_HOP Attribute"},
                                   {9, "Optional Attribute Error"},
                                   {10, "Invalid Network Field"},
                                   {11, "Malformed AS_PATH"}};
constexpr Token kStateErrors[] = {{0, "Unspecified Error"},
                                  {1, "In OpenSent State"},
                                  {2, "In OpenConfirm State"},
                                  {3, "In Established State"}};
constexpr Token kCapabilityErrors[] = {{1, "Invalid Action Value"},
                                       {2, "Invalid Capability Length"},
                                       {3, "Malformed Capability Value"},
                                       {4, "Unsupported Capability Code"}};
enum Cease : std::uint8_t { kTooManyPrefixes = 1, kShutdown = 2, kReset = 4 };
constexpr Token kCeases[] = {{kTooManyPrefixes, "Maximum Number of Prefixes Reached"},
                             {kShutdown, "Administrative Shutdown"},
                             {3, "Peer Unconfigured"},
                             {kReset, "Administrative Reset"},
                             {5, "Connection Rejected"},
                             {6, "Other Configuration Change"},
                             {7, "Connection Collision Resolution"}};

enum Capability : std::uint8_t {
  kMultiprotocol = 1,
  kRouteRefresh = 2,
  kMultipleLabels = 8,
  kGracefulRestart = 64,
  kAs4 = 65,
  kMultiplePaths = 69,
  kLongLivedRestart = 71,
  kCiscoRefresh = 128,
};
constexpr Token kCapabilities[] = {{kMultiprotocol, "Multiprotocol Extensions"},
                                   {kRouteRefresh, "Route Refresh"},
                                   {3, "Cooperative Route Filtering"},
                                   {4, "Multiple Routes to a Destination"},
                                   {5, "Extended Next Hop Encoding"},
                                   {kMultipleLabels, "Multiple Labels"},
                                   {kGracefulRestart, "Graceful Restart"},
                                   {kAs4, "32-Bit AS Number"},
                                   {67, "Dynamic Capability"},
                                   {68, "Multisession BGP"},
                                   {kMultiplePaths, "Multiple Paths"},
                                   {70, "Enhanced Route Refresh"},
                                   {kLongLivedRestart, "Long-lived Graceful Restart"},
                                   {kCiscoRefresh, "Route Refresh (Cisco)"}};

// True, and said so, when a capability is shorter than it must be.
bool is_too_short(Printer& p, std::size_t size, std::size_t least) {
  if (size >= least) return false;
  p.out.put(" (too short, < ").dec(least).put(')');
  return true;
}

// RFC 4724 section 3
void put_graceful_restart(Printer& p, const Input& value, std::size_t size) {
  p.out.put("\n\t\tRestart Flags: [").put((value.u8(0) & 0x80) != 0 ? "R" : "none");
  p.out.put("], Restart Time ").dec(value.be16(0) & 0xfffU).put('s');
  for (std::size_t at = 2; at + 4 <= size && !p.truncated(); at += 4) {
    p.out.put("\n\t\t  ");
    put_bgp_family(p, value.be16(at), value.u8(at + 2));
    p.out.put(", Forwarding state preserved: ");
    p.out.put((value.u8(at + 3) & 0x80) != 0 ? "yes" : "no");
  }
}

// RFC 7911 section 4, and RFC 8277 section 2.1: families, each with a byte behind.
void put_family_list(Printer& p, const Input& value, std::size_t size, bool paths) {
  static constexpr Token kDirections[] = {{1, "Receive"}, {2, "Send"}, {3, "Both"}};
  if (paths && (size == 0 || size % 4 != 0)) {
    p.put_invalid();
    return;
  }
  for (std::size_t at = 0; at + 4 <= size && !p.truncated(); at += 4) {
    p.out.put("\n\t\t");
    put_bgp_family(p, value.be16(at), value.u8(at + 2));
    const std::uint8_t last = value.u8(at + 3);
    if (!paths) {
      p.out.put(", Count: ").dec(last);
    } else if (const char* name = find_token(kDirections, last)) {
      p.out.put(", Send/Receive: ").put(name);
    } else {
      p.out.put(", Send/Receive: Bogus (0x").hex(last, 2).put(')');
    }
  }
}

// False when it is too short.
bool put_capability_value(Printer& p, const Input& value, std::uint8_t code, std::size_t size) {
  switch (code) {
    case kMultiprotocol:
      if (is_too_short(p, size, 4)) return false;
      p.out.put("\n\t\t");
      put_bgp_family(p, value.be16(0), value.u8(3));
      return true;
    case kGracefulRestart:
      if (is_too_short(p, size, 2)) return false;
      put_graceful_restart(p, value, size);
      return true;
    case kAs4:
      if (is_too_short(p, size, 4)) return false;
      p.out.put("\n\t\t 4 Byte AS ");
      put_as_number(p, value.be32(0));
      return true;
    case kMultiplePaths:
    case kMultipleLabels:
      put_family_list(p, value, size, code == kMultiplePaths);
      return true;
    case kRouteRefresh:
    case kLongLivedRestart:
    case kCiscoRefresh:
      return true;
    default:
      p.out.put("\n\t\tno decoder for Capability ").dec(code);
      if (p.options.verbosity <= 1) p.hex_data(value, "\n\t\t", size);
      return true;
  }
}

// False when the list ends with it.
bool put_capability(Printer& p, const Input& in) {
  const std::uint8_t code = in.u8(0);
  const std::size_t size = in.u8(1);
  if (p.truncated()) return false;
  p.out.put("\n\t      ");
  put_name(p, kCapabilities, code, "Unknown").put(" (").dec(code).put("), length: ").dec(size);
  const Input value = in.from(2).first(size);
  if (!in.need(2, size)) return false;
  if (!put_capability_value(p, value, code, size)) return false;
  if (p.options.verbosity > 1) p.hex_data(value, "\n\t\t", size);
  return true;
}

void put_open(Printer& p, const Input& in) {
  static constexpr Token kOptions[] = {{1, "Authentication Information"},
                                       {2, "Capabilities Advertisement"}};
  if (!in.need(0, 10)) return;
  p.out.put("\n\t  Version ").dec(in.u8(0)).put(", my AS ").dec(in.be16(1));
  p.out.put(", Holdtime ").dec(in.be16(3)).put("s, ID ").ipv4(in.at(5, 4));
  const std::size_t size = in.u8(9);
  p.out.put("\n\t  Optional parameters, length: ").dec(size);
  Input option = in.from(10).with_length(size);
  while (option.length() > 0 && !p.truncated()) {
    const std::uint8_t type = option.u8(0);
    const std::size_t option_bytes = option.u8(1);
    if (p.truncated()) return;
    if (option_bytes + 2 > option.length()) {
      p.out.put("\n\t     Option ").dec(type).put(", length: ").dec(option_bytes);
      p.out.put(", goes past the end of the options");
      return;
    }
    p.out.put("\n\t    Option ");
    put_name(p, kOptions, type, "Unknown").put(" (").dec(type).put("), length: ");
    p.out.dec(option_bytes);
    if (type != 2) p.out.put("\n\t      no decoder for option ").dec(type);
    Input capability = option.from(2).with_length(type == 2 ? option_bytes : 0);
    while (capability.length() > 0 && !p.truncated()) {
      if (!put_capability(p, capability)) break;
      capability = capability.from(std::size_t{capability.u8(1)} + 2);
    }
    option = option.from(option_bytes + 2);
  }
}

void put_update(Printer& p, const Input& in) {
  if (!in.need(0, 4)) return;
  const std::size_t withdrawn = in.be16(0);
  if (!in.need(2, withdrawn)) return;
  if (withdrawn > 0) {
    p.out.put("\n\t  Withdrawn routes:");
    if (!put_bgp_prefixes(p, in.from(2).first(withdrawn))) return p.truncate();
  }
  const std::size_t attributes = in.be16(2 + withdrawn);
  const Input rest = in.from(4 + withdrawn);
  if (attributes == 0 && rest.length() == 0) {
    p.out.put("\n\t  End-of-Rib Marker (empty NLRI)");
    return;
  }
  if (!rest.need(0, attributes)) return;
  print_bgp_attributes(p, rest.first(attributes), "\n\t  ");
  const Input updated = rest.from(attributes);
  if (updated.length() > 0) {
    p.out.put("\n\t  Updated routes:");
    put_bgp_prefixes(p, updated);
  }
}

// RFC 9003 section 2: a text with its length in front.
void put_shutdown_text(Printer& p, const Input& in) {
  const std::size_t size = in.u8(0);
  std::size_t used = 1;
  if (size == 0) {
    p.out.put(", empty Shutdown Communication");
  } else if (size > in.length() - 1) {
    p.out.put(", invalid Shutdown Communication length");
    used = 0;
  } else {
    p.out.put(", Shutdown Communication (length: ").dec(size).put("): \"");
    p.safe_text(in.from(1), size).put('"');
    used += size;
  }
  if (in.length() > used) {
    p.out.put(", Data: (length: ").dec(in.length() - used).put(')');
    p.hex_data(in.from(used), "\n\t\t", in.length() - used);
  }
}

void put_subcode(Printer& p, std::span<const Token> names, std::uint8_t code,
                 std::string_view before) {
  p.out.put(before).put(" subcode ");
  put_name(p, names, code, "Unknown").put(" (").dec(code).put(')');
}

// Section 4.5, and the codes of RFC 4486.
void put_notification(Printer& p, const Input& in) {
  if (!in.need(0, 2)) return;
  const std::uint8_t major = in.u8(0);
  const std::uint8_t minor = in.u8(1);
  p.out.put(", ");
  put_name(p, kErrors, major, "Unknown Error").put(" (").dec(major).put(')');
  switch (major) {
    case 1:
      return put_subcode(p, kHeaderErrors, minor, ",");
    case 2:
      return put_subcode(p, kOpenErrors, minor, ",");
    case 3:
      return put_subcode(p, kUpdateErrors, minor, ",");
    case 5:
      return put_subcode(p, kStateErrors, minor, "");
    case 7:
      return put_subcode(p, kCapabilityErrors, minor, "");
    case 6:
      break;
    default:
      return;
  }
  put_subcode(p, kCeases, minor, ",");
  const Input data = in.from(2);
  if (minor == kTooManyPrefixes && data.length() >= 7) {
    p.out.put(", ");
    put_bgp_family(p, data.be16(0), data.u8(2));
    p.out.put(", Max Prefixes: ").dec(data.be32(3));
  } else if ((minor == kShutdown || minor == kReset) && data.length() > 0) {
    put_shutdown_text(p, data);
  }
}

void put_message(Printer& p, const Input& in) {
  const std::uint8_t type = in.u8(18);
  p.out.put("\n\t");
  put_name(p, kMessages, type, "Unknown").put(" Message (").dec(type).put("), length: ");
  p.out.dec(in.length());
  const Input body = in.from(kHeaderBytes);
  switch (type) {
    case kOpen:
      return put_open(p, body);
    case kUpdate:
      return put_update(p, body);
    case kNotification:
      return put_notification(p, body);
    case kKeepalive:
      return;
    case kRefresh:
      if (!body.need(0, 4)) return;
      p.out.put("\n\t  ");
      put_bgp_family(p, body.be16(0), body.u8(3));
      // As tcpdump: with -vv the whole message, too.
      if (p.options.verbosity > 1) p.hex_data(in, "\n\t  ", in.length());
      return;
    default:
      p.out.put("\n\t  no Message ").dec(type).put(" decoder");
      p.hex_data(in, "\n\t  ", in.length());
  }
}

constexpr std::size_t kMarkerBytes = 16;

bool is_marker(const Input& in) {
  for (std::size_t i = 0; i < kMarkerBytes; ++i)
    if (in.bytes().u8(i) != 0xff) return false;
  return true;
}

// Skips the rest of a message that began in an earlier segment, and says so once. False when there
// is no marker behind it.
bool find_marker(Printer& p, Input& in) {
  bool skipped = false;
  while (in.length() > 0 && in.has(0, kMarkerBytes) && !is_marker(in)) {
    in = in.from(1);
    skipped = true;
  }
  if (in.length() == 0 || !in.has(0, kMarkerBytes)) return false;
  if (skipped) p.put_truncated();
  return true;
}

}  // namespace

void print_bgp(Printer& p, Input in) {
  p.set_protocol("bgp");
  p.out.put(": BGP");
  if (!p.verbose()) return;
  while (find_marker(p, in)) {
    if (!in.has(0, kHeaderBytes)) return p.truncate();
    const std::size_t size = in.be16(kMarkerBytes);
    if (size < kHeaderBytes) {
      p.out.put("\nmessage length ").dec(size).put(" < ").dec(kHeaderBytes);
      p.put_invalid();
      return;
    }
    if (!in.has(0, size)) {
      p.out.put("\n[|BGP ");
      put_name(p, kMessages, in.u8(18), "Unknown Message Type").put(']');
      return;
    }
    put_message(p, in.first(size));
    p.resume();
    in = in.from(size);
  }
}

}  // namespace capstan::text
