// BOOTP and DHCP for IPv4 (RFC 951, 2131), with -v its options (RFC 2132 and later).
//
// The option table gives each option's name behind a letter that says how its bytes are shown.
#include "tools/text/apps/dhcp_tables.h"
#include "tools/text/fields.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr std::size_t kSecondsAt = 8;
constexpr std::size_t kFlagsAt = 10;
constexpr std::size_t kHardwareAt = 28;
constexpr std::size_t kServerNameAt = 44;
constexpr std::size_t kFileAt = 108;
constexpr std::size_t kVendorAt = 236;
constexpr std::uint32_t kDhcpCookie = 0x63825363;  // RFC 2131 section 3
constexpr std::uint32_t kCmuCookie = 0x434d5500;

// One option: its bytes are there. What a printer leaves unread is counted as trailing.
class OptionPrinter {
 public:
  OptionPrinter(Printer& printer, Input content) : p_(printer), in_(content) {}
  // Gives the bytes it read.
  std::size_t print(char format, unsigned tag);

 private:
  std::size_t size() const { return in_.length(); }
  std::size_t words(char format);
  std::size_t address_pairs();
  std::size_t shorts();
  std::size_t switches();
  std::size_t bytes();
  std::size_t quoted(std::size_t at);
  std::size_t special(unsigned tag);
  std::size_t token_byte(std::span<const Token> table);
  std::size_t client_name();
  std::size_t client_id();
  std::size_t relay_information();
  std::size_t routes();
  std::size_t user_classes();
  std::size_t bootstrap_servers();

  Printer& p_;
  Input in_;
};

std::size_t OptionPrinter::words(char format) {
  std::size_t at = 0;
  for (; at + 4 <= size(); at += 4) {
    if (at > 0) p_.out.put(',');
    if (format == 'i') {
      p_.host4(in_.at(at, 4));
    } else if (format == 'L') {
      p_.out.signed_dec(static_cast<std::int32_t>(in_.be32(at)));
    } else {
      p_.out.dec(in_.be32(at));
    }
  }
  return at;
}

std::size_t OptionPrinter::address_pairs() {
  std::size_t at = 0;
  for (; at + 8 <= size(); at += 8) {
    if (at > 0) p_.out.put(',');
    p_.out.put('(');
    p_.host4(in_.at(at, 4)).put(':');
    p_.host4(in_.at(at + 4, 4)).put(')');
  }
  return at;
}

std::size_t OptionPrinter::shorts() {
  std::size_t at = 0;
  for (; at + 2 <= size(); at += 2) {
    if (at > 0) p_.out.put(',');
    p_.out.dec(in_.be16(at));
  }
  return at;
}

std::size_t OptionPrinter::switches() {
  for (std::size_t at = 0; at < size(); ++at) {
    if (at > 0) p_.out.put(',');
    const unsigned value = in_.u8(at);
    if (value > 1) {
      p_.out.dec(value).put('?');
    } else {
      p_.out.put(value == 1 ? 'Y' : 'N');
    }
  }
  return size();
}

std::size_t OptionPrinter::bytes() {
  for (std::size_t at = 0; at < size(); ++at) {
    if (at > 0) p_.out.put('.');
    p_.out.dec(in_.u8(at));
  }
  return size();
}

std::size_t OptionPrinter::quoted(std::size_t at) {
  p_.out.put('"');
  p_.safe_text(in_.from(at), size() - at);
  p_.out.put('"');
  return size();
}

std::size_t OptionPrinter::token_byte(std::span<const Token> table) {
  if (size() < 1) {
    p_.out.put("[ERROR: length < 1 bytes]");
    return 0;
  }
  p_.token(table, in_.u8(0), "#");
  return 1;
}

// RFC 4702 section 2.
std::size_t OptionPrinter::client_name() {
  if (size() < 3) {
    p_.out.put("[ERROR: length < 3 bytes]");
    return size();
  }
  const unsigned flags = in_.u8(0);
  if ((flags & 0xf0) != 0) {
    p_.out.put("[ERROR: MBZ nibble 0x").hex(flags >> 4).put(" != 0] ");
  }
  if ((flags & 0x0f) != 0) {
    static constexpr char kLetters[] = {'S', 'O', 'E', 'N'};
    p_.out.put('[');
    for (unsigned bit = 0; bit < 4; ++bit) {
      if ((flags >> bit & 1) != 0) p_.out.put(kLetters[bit]);
    }
    p_.out.put("] ");
  }
  if (in_.u8(1) != 0 || in_.u8(2) != 0) {
    p_.out.dec(in_.u8(1)).put('/').dec(in_.u8(2)).put(' ');
  }
  return quoted(3);
}

std::size_t OptionPrinter::client_id() {
  if (size() < 1) {
    p_.out.put("[ERROR: length < 1 bytes]");
    return 0;
  }
  const unsigned type = in_.u8(0);
  if (type == 0) return quoted(1);
  p_.token(kDhcpHardware, type, "hardware-type ", ",").put(' ');
  for (std::size_t at = 1; at < size(); ++at) {
    if (at > 1) p_.out.put(':');
    p_.out.hex(in_.u8(at), 2);
  }
  return size();
}

// RFC 3046 section 2.0.
std::size_t OptionPrinter::relay_information() {
  std::size_t at = 0;
  while (at + 2 <= size()) {
    const unsigned kind = in_.u8(at);
    const std::size_t length = in_.u8(at + 1);
    at += 2;
    const char* name = find_token(kDhcpRelaySuboptions, kind);
    p_.out.put("\n\t      ").put(name != nullptr ? name : "Unknown").put(" SubOption ").dec(kind);
    p_.out.put(", length ").dec(length).put(": ");
    if (length > size() - at) {
      p_.out.put("length goes past end of option");
      return size();
    }
    if (name != nullptr) {
      p_.safe_text(in_.from(at), length);
    } else {
      put_data(p_, in_, at, length, "\n\t\t");
    }
    at += length;
  }
  return at;
}

// RFC 3442: destinations without their trailing zeros, each with its router.
std::size_t OptionPrinter::routes() {
  if (size() < 5) {
    p_.out.put("[ERROR: length < 5 bytes]");
    return size();
  }
  std::size_t at = 0;
  while (at < size()) {
    if (at > 0) p_.out.put(',');
    const unsigned width = in_.u8(at++);
    if (width > 32) {
      p_.out.put("[ERROR: Mask width (").dec(width).put(") > 32]");
      return size();
    }
    const std::size_t octets = (width + 7) / 8;
    if (size() - at < octets + 4) {
      p_.out.put("[ERROR: Remaining length (").dec(size() - at).put(") < ").dec(octets + 4);
      p_.out.put(" bytes]");
      return size();
    }
    p_.out.put('(');
    if (width == 0) {
      p_.out.put("default");
    } else {
      for (std::size_t i = 0; i < 4; ++i) {
        if (i > 0) p_.out.put('.');
        p_.out.dec(i < octets ? in_.u8(at + i) : 0u);
      }
      p_.out.put('/').dec(width);
    }
    at += octets;
    p_.out.put(':');
    p_.host4(in_.at(at, 4)).put(')');
    at += 4;
  }
  return size();
}

// RFC 3004 section 4.
std::size_t OptionPrinter::user_classes() {
  if (size() < 2) {
    p_.out.put("[ERROR: length < 2 bytes]");
    return size();
  }
  unsigned instance = 1;
  for (std::size_t at = 0; at < size(); ++instance) {
    const std::size_t length = in_.u8(at++);
    p_.out.put("\n\t      instance#").dec(instance).put(": ");
    if (length == 0) {
      p_.out.put("[ERROR: suboption length must be non-zero]");
      return size();
    }
    if (size() - at < length) {
      p_.out.put("[ERROR: invalid option]");
      return size();
    }
    p_.out.put('"');
    p_.safe_text(in_.from(at), length);
    p_.out.put("\", length ").dec(length);
    at += length;
  }
  return size();
}

// RFC 8572 section 8.3. A list of strings, each behind its length in two bytes, of which one
// counts.
std::size_t OptionPrinter::bootstrap_servers() {
  std::size_t at = 0;
  while (at + 2 <= size()) {
    const std::size_t length = in_.be16(at) & 0xff;
    at += 2;
    p_.out.put("\n\t\t    length ").dec(length).put(": ");
    if (size() - at < length) {
      p_.out.put("length goes past end of option");
      return size();
    }
    p_.out.put('"');
    p_.safe_text(in_.from(at), length);
    p_.out.put('"');
    at += length;
  }
  if (at < size()) p_.out.put("[ERROR: length < 2 bytes]");
  return at;
}

std::size_t OptionPrinter::special(unsigned tag) {
  switch (tag) {
    case 46:
      return token_byte(kDhcpNetbiosNodes);
    case 52:
      return token_byte(kDhcpOverload);
    case 61:
      return client_id();
    case 77:
      return user_classes();
    case 81:
      return client_name();
    case 82:
      return relay_information();
    case 121:
    case 249:
      return routes();
    case 143:
      return bootstrap_servers();
    default:
      p_.out.put("[unknown special tag ").dec(tag).put(", size ").dec(size()).put(']');
      return size();
  }
}

std::size_t OptionPrinter::print(char format, unsigned tag) {
  if (format == '?') format = (size() & 1) != 0 ? 'b' : (size() & 2) != 0 ? 's' : 'l';
  switch (format) {
    case 'a':
      return quoted(0);
    case 'i':
    case 'l':
    case 'L':
      return words(format);
    case 'p':
      return address_pairs();
    case 's':
      return shorts();
    case 'B':
      return switches();
    case '$':
      return special(tag);
    default:
      return bytes();
  }
}

const char* option_name(unsigned tag) {
  const char* name = find_token(kDhcpOptions, tag);
  return name != nullptr ? name : "?Unknown";
}

void put_requested_options(Printer& p, const Input& content) {
  for (std::size_t i = 0; i < content.length(); ++i) {
    p.out.put(i % 4 == 0 ? "\n\t      " : ", ");
    const unsigned tag = content.u8(i);
    p.out.put(option_name(tag) + 1).put(" (").dec(tag).put(')');
  }
}

// Options run to the end of the capture: no length is claimed for them.
void put_options(Printer& p, const Input& in, std::size_t at) {
  constexpr unsigned kPad = 0;
  constexpr unsigned kEnd = 255;
  constexpr unsigned kMessageType = 53;
  constexpr unsigned kParameterRequest = 55;
  p.out.put("\n\t  Vendor-rfc1048 Extensions");
  p.out.put("\n\t    Magic Cookie ").hex0x(in.be32(at), 8);
  at += 4;
  const bool shows_padding = p.options.verbosity > 2;
  while (in.has(at, 1) && !p.truncated()) {
    const unsigned tag = in.u8(at++);
    if (tag == kPad && !shows_padding) continue;
    if (tag == kEnd && !shows_padding) return;
    const char* name = option_name(tag);
    const std::size_t length = tag == kPad || tag == kEnd ? 0 : in.u8(at++);
    p.out.put("\n\t    ").put(name + 1).put(" (").dec(tag).put("), length ").dec(length);
    if (length > 0) p.out.put(": ");
    if (tag == kPad) {
      const std::size_t first = at - 1;
      while (in.has(at, 1) && in.u8(at) == kPad) ++at;
      if (at - first > 1) p.out.put(", occurs ").dec(at - first);
    }
    if (!in.need(at, length)) return;
    const Input content = in.with_length(in.captured()).from(at).first(length);
    at += length;
    if (tag == kMessageType && length == 1) {
      p.token(kDhcpMessages, content.u8(0), "Unknown (", ")");
      continue;
    }
    if (tag == kParameterRequest) {
      put_requested_options(p, content);
      continue;
    }
    const std::size_t used = OptionPrinter(p, content).print(name[0], tag);
    if (used < length) p.out.put("\n\t  trailing data length ").dec(length - used);
  }
}

void put_cmu_vendor(Printer& p, const Input& in) {
  struct Field {
    std::size_t at;
    std::string_view name;
  };
  static constexpr Field kFields[] = {{12, "DG"},   {8, "SM"},    {16, "NS1"}, {20, "NS2"},
                                      {24, "IEN1"}, {28, "IEN2"}, {32, "TS1"}, {36, "TS2"}};
  p.out.put(" vend-cmu");
  if (!in.need(kVendorAt + 4, 4)) return;
  const unsigned flags = in.u8(kVendorAt + 4);
  if ((flags & ~1u) != 0) p.out.put(" F:0x").hex(flags);
  for (const Field& field : kFields) {
    const std::size_t at = kVendorAt + field.at;
    if (!in.need(at, 4)) return;
    if (in.be32(at) == 0) continue;
    p.out.put(' ').put(field.name);
    if (field.at == 8 && (flags & 1) == 0) p.out.put('*');
    p.out.put(':');
    p.host4(in.at(at, 4));
  }
}

void put_address(Printer& p, const Input& in, std::size_t at, std::string_view title) {
  if (in.be32(at) == 0) return;
  p.out.put(title);
  p.host4(in.at(at, 4));
}

// False: it does not end within its field.
bool put_name(Printer& p, const Input& in, std::size_t at, std::size_t size,
              std::string_view title) {
  if (in.u8(at) == 0) return true;
  p.out.put(title);
  const std::size_t used = put_text_to_nul(p, in, at, size);
  p.out.put('"');
  if (used == 0) p.truncate();
  return used != 0;
}

void put_fields(Printer& p, const Input& in, unsigned hardware, unsigned hardware_size) {
  if (!in.need(kSecondsAt, 2)) return;
  if (hardware != 1) p.out.put(", htype ").dec(hardware);
  if (hardware != 1 || hardware_size != 6) p.out.put(", hlen ").dec(hardware_size);
  if (in.u8(3) != 0) p.out.put(", hops ").dec(in.u8(3));
  if (in.be32(4) != 0) p.out.put(", xid 0x").hex(in.be32(4));
  if (in.be16(kSecondsAt) != 0) p.out.put(", secs ").dec(in.be16(kSecondsAt));
  const unsigned flags = in.be16(kFlagsAt);
  p.out.put(", Flags [").put((flags & 0x8000) != 0 ? "Broadcast" : "none").put(']');
  if (p.options.verbosity > 1) p.out.put(" (0x").hex(flags, 4).put(')');
  put_address(p, in, 12, "\n\t  Client-IP ");
  put_address(p, in, 16, "\n\t  Your-IP ");
  put_address(p, in, 20, "\n\t  Server-IP ");
  put_address(p, in, 24, "\n\t  Gateway-IP ");
  if (hardware == 1 && hardware_size == 6) {
    if (!in.need(kHardwareAt, 6)) return;
    p.out.put("\n\t  Client-Ethernet-Address ").mac(in.at(kHardwareAt, 6));
  }
  if (!put_name(p, in, kServerNameAt, kFileAt - kServerNameAt, "\n\t  sname \"")) return;
  if (!put_name(p, in, kFileAt, kVendorAt - kFileAt, "\n\t  file \"")) return;
  if (!in.need(kVendorAt, 4)) return;
  const std::uint32_t cookie = in.be32(kVendorAt);
  if (cookie == kDhcpCookie) {
    put_options(p, in, kVendorAt);
  } else if (cookie == kCmuCookie) {
    put_cmu_vendor(p, in);
  } else if (cookie != 0) {
    p.out.put("\n\t  Vendor-#0x").hex(cookie);
  }
}

}  // namespace

void print_bootp(Printer& p, Input in) {
  p.set_protocol("bootp");
  constexpr unsigned kRequest = 1;
  const unsigned operation = in.u8(0);
  p.out.put("BOOTP/DHCP, ");
  if (const char* name = find_token(kDhcpOperations, operation)) {
    p.out.put(name);
  } else {
    p.out.put("unknown (0x").hex(operation, 2).put(')');
  }
  const unsigned hardware = in.u8(1);
  const unsigned hardware_size = in.u8(2);
  if (hardware == 1 && hardware_size == 6 && operation == kRequest) {
    if (!in.need(kHardwareAt, 6)) return;
    p.out.put(" from ").mac(in.at(kHardwareAt, 6));
  }
  p.out.put(", length ").dec(in.length());
  if (p.verbose()) put_fields(p, in, hardware, hardware_size);
}

}  // namespace capstan::text
