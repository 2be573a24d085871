// IEEE 802.11 frames, with the radiotap header in front (https://www.radiotap.org/fields) or
// without. Data frames are printed through LLC; management and control frames by name and
// addresses.
#include "tools/text/link/wifi.h"

#include <algorithm>

#include "tools/text/protocols.h"

namespace capstan::text {

TextSink& put_wifi_address(Printer& p, std::string_view label, const Input& in, std::size_t at) {
  return p.out.put(label).mac(in.at(at, 6)).put(' ');
}

void put_wifi_vector(Printer& p, const Input& body) {
  const std::uint32_t vector = body.le32(0);
  if (p.truncated()) return;
  p.out.put(" IV:").format("{:3x}", vector & 0xffffff).put(" Pad ").hex(vector >> 24 & 0x3f);
  p.out.put(" KeyID ").hex(vector >> 30);
}

namespace {

constexpr unsigned kProtected = 0x40;  // in the flags of every frame
enum FrameType : std::uint8_t { kManagement = 0, kControl = 1, kData = 2 };

enum ControlSubtype : std::uint8_t {
  kWrapper = 7,
  kAckRequest = 8,
  kPoll = 10,
  kRequestToSend = 11,
  kEnd = 14,
};
constexpr Token kControlNames[] = {
    {kWrapper, "Control Wrapper"}, {kAckRequest, "BAR"},    {9, "BA"},
    {10, "Power Save-Poll"},       {11, "Request-To-Send"}, {12, "Clear-To-Send"},
    {13, "Acknowledgment"},        {14, "CF-End"},          {15, "CF-End+CF-Ack"}};

// ---- data frames (IEEE 802.11-2020 section 9.3.2) ----

struct DataAddresses {
  std::size_t source;
  std::size_t destination;
};

DataAddresses data_addresses(unsigned way) {
  switch (way) {
    case 0:
      return {10, 4};
    case 1:
      return {10, 16};
    case 2:
      return {16, 4};
    default:
      return {24, 16};
  }
}

void put_data_header(Printer& p, const Input& in, std::uint8_t subtype, unsigned way) {
  if ((subtype & 0x08) != 0 || (subtype & 3) != 0) p.out.put("CF ");
  if ((subtype & 0x08) != 0) p.out.put("+QoS ");
  switch (way) {
    case 0:
      put_wifi_address(p, "DA:", in, 4);
      put_wifi_address(p, "SA:", in, 10);
      put_wifi_address(p, "BSSID:", in, 16);
      break;
    case 1:
      put_wifi_address(p, "BSSID:", in, 4);
      put_wifi_address(p, "SA:", in, 10);
      put_wifi_address(p, "DA:", in, 16);
      break;
    case 2:
      put_wifi_address(p, "DA:", in, 4);
      put_wifi_address(p, "BSSID:", in, 10);
      put_wifi_address(p, "SA:", in, 16);
      break;
    default:
      put_wifi_address(p, "RA:", in, 4);
      put_wifi_address(p, "TA:", in, 10);
      put_wifi_address(p, "DA:", in, 16);
      put_wifi_address(p, "SA:", in, 24);
  }
}

std::size_t print_data(Printer& p, const Input& in, std::uint8_t subtype, std::uint8_t flags,
                       bool padded) {
  const unsigned way = flags & 3U;
  const bool with_qos = (subtype & 0x08) != 0;
  std::size_t header_bytes = (way == 3 ? 30U : 24U) + (with_qos ? 2U : 0U);
  if (padded) header_bytes = (header_bytes + 3) / 4 * 4;
  if (!in.need(0, header_bytes)) return header_bytes;
  if (p.options.link_header) put_data_header(p, in, subtype, way);
  if ((subtype & 0x04) != 0) return header_bytes;  // without data
  const Input body = in.from(header_bytes);
  if ((flags & kProtected) != 0) {
    if (!body.need(0, 4)) return header_bytes;
    p.out.put("Data");
    put_wifi_vector(p, body);
    return header_bytes;
  }
  const DataAddresses at = data_addresses(way);
  bool known = true;
  const std::size_t llc_bytes =
      print_llc(p, body, {in.data() + at.source, in.data() + at.destination}, known);
  if (!known) p.unknown_data(body);
  return header_bytes + llc_bytes;
}

// ---- control frames (section 9.3.1) ----

std::size_t control_bytes(std::uint8_t subtype) noexcept {
  return subtype == kAckRequest ? 20 : subtype == 9 || subtype == 12 || subtype == 13 ? 10 : 16;
}

// Addresses in front of the name with -e; without, the receiver behind it.
std::size_t print_control(Printer& p, const Input& in, std::uint8_t subtype) {
  const char* name = find_token(kControlNames, subtype);
  const std::size_t header_bytes = control_bytes(subtype);
  if (name == nullptr) {
    p.out.put("Unknown CTRL_CONTROL Subtype");
    return header_bytes;
  }
  if (!in.need(0, header_bytes)) return header_bytes;
  if (p.options.link_header && subtype != kWrapper) {
    put_wifi_address(p, subtype == kPoll ? "BSSID:" : "RA:", in, 4);
    if (subtype == kAckRequest || subtype == kPoll || subtype == kRequestToSend) {
      put_wifi_address(p, "TA:", in, 10);
    } else if (subtype >= kEnd) {
      put_wifi_address(p, "BSSID:", in, 10);
    }
  }
  p.out.put(name);
  if (subtype == kPoll) {
    p.out.put(" AID(").hex(in.le16(2)).put(')');
  } else if (!p.options.link_header && subtype == kRequestToSend) {
    put_wifi_address(p, " TA:", in, 10);
  } else if (!p.options.link_header && subtype > kAckRequest) {
    put_wifi_address(p, " RA:", in, 4);
  }
  return header_bytes;
}

std::size_t print_frame(Printer& p, Input in, bool padded, bool with_checksum) {
  p.set_protocol("802.11");
  if (with_checksum) {
    in = in.first(in.length() < 4 ? 0 : in.length() - 4);
  }
  if (!in.need(0, 2)) return in.captured();
  const std::uint8_t control = in.u8(0);
  const std::uint8_t flags = in.u8(1);
  const std::uint8_t subtype = control >> 4;
  switch (control >> 2 & 3) {
    case kManagement:
      print_wifi_management(p, in, subtype, (flags & kProtected) != 0);
      return 24;
    case kControl:
      return print_control(p, in, subtype);
    case kData:
      return print_data(p, in, subtype, flags, padded);
    default:
      p.out.put("Unhandled type (3)");
      return in.captured();
  }
}

// ---- radiotap ----

// Alignment and size of each field, by its bit in the first present word.
struct RadioField {
  std::uint8_t align;
  std::uint8_t size;
};
constexpr RadioField kRadioFields[] = {
    {8, 8}, {1, 1}, {1, 1}, {2, 4}, {2, 2}, {1, 1}, {1, 1}, {2, 2}, {2, 2}, {2, 2}, {1, 1},
    {1, 1}, {1, 1}, {1, 1}, {2, 2}, {2, 2}, {1, 1}, {1, 1}, {4, 8}, {1, 3}, {4, 8}, {2, 12}};
constexpr std::uint32_t kNextWord = 1U << 31;
constexpr unsigned kVendorBit = 30;
constexpr unsigned kRadiotapBit = 29;
constexpr std::uint8_t kChecksumAtEnd = 0x10;
constexpr std::uint8_t kDataPad = 0x20;

void put_channel(Printer& p, unsigned megahertz, std::uint32_t flags) {
  p.out.dec(megahertz).put(" MHz");
  const bool spread = (flags & 0x800) != 0;
  if (spread) {
    p.out.put(" FHSS");
  } else if ((flags & 0x60000) != 0 || (flags & 0x10000) != 0) {
    p.out.put(" 11n");
  } else if ((flags & 0x100) != 0) {
    p.out.put((flags & 0x4000) != 0 ? " 11a/10Mhz" : (flags & 0x8000) != 0 ? " 11a/5Mhz" : " 11a");
  } else if ((flags & 0x80) != 0) {
    if ((flags & 0x20) != 0) {
      p.out.put(" 11b");
    } else if ((flags & 0x440) != 0) {
      p.out.put(" 11g");
    }
  }
  if ((flags & 0x10000) != 0) {
    p.out.put(" ht/20");
  } else if ((flags & 0x40000) != 0) {
    p.out.put(" ht/40-");
  } else if ((flags & 0x20000) != 0) {
    p.out.put(" ht/40+");
  }
  p.out.put(' ');
}

// Rates of 802.11n in 100 kb/s for one stream, by index, width and guard interval (IEEE 802.11-2020
// tables 19-27 on).
unsigned mcs_rate(unsigned index, bool wide, bool short_guard) {
  // Data bits a symbol of one stream at 20 MHz; 108 of 52 subcarriers at 40 MHz.
  constexpr unsigned kBits20[] = {26, 52, 78, 104, 156, 208, 234, 260};
  constexpr unsigned kBits40[] = {54, 108, 162, 216, 324, 432, 486, 540};
  const unsigned bits = (wide ? kBits40 : kBits20)[index % 8] * (index / 8 + 1);
  // 4 us a symbol, 3.6 with the short interval; rounded to half megabits by the standard's tables.
  return short_guard ? (bits * 100 + 18) / 36 : bits * 10 / 4;
}

void put_mcs(Printer& p, const Input& in, std::size_t at) {
  const std::uint8_t known = in.u8(at);
  const std::uint8_t flags = in.u8(at + 1);
  const unsigned index = in.u8(at + 2);
  const bool wide = (flags & 3) == 1;
  if ((known & 0x02) != 0) {
    if ((known & 0x01) != 0 && (known & 0x04) != 0 && index < 32) {
      const unsigned rate = mcs_rate(index, wide, (flags & 4) != 0);
      p.out.dec(rate / 10).put('.').dec(rate % 10).put(" Mb/s MCS ").dec(index).put(' ');
    } else {
      p.out.put("MCS ").dec(index).put(' ');
    }
  }
  if ((known & 0x01) != 0) {
    constexpr Token kWidths[] = {{0, "20"}, {1, "40"}, {2, "20L"}, {3, "20U"}};
    p.token(kWidths, flags & 3U, "").put(" MHz ");
  }
  if ((known & 0x04) != 0) p.out.put((flags & 4) != 0 ? "short GI " : "long GI ");
  if ((known & 0x08) != 0) p.out.put((flags & 8) != 0 ? "greenfield " : "mixed ");
  if ((known & 0x10) != 0) p.out.put((flags & 16) != 0 ? "LDPC FEC " : "BCC FEC ");
  if ((known & 0x20) != 0) p.out.put("RX-STBC").dec(flags >> 5 & 3U).put(' ');
}

void put_flags(Printer& p, std::uint8_t flags) {
  constexpr Token kFlags[] = {{0x01, "cfp "},
                              {0x02, "short preamble "},
                              {0x04, "wep "},
                              {0x08, "fragmented "},
                              {0x40, "bad-fcs "}};
  for (const Token& flag : kFlags)
    if ((flags & flag.value) != 0) p.out.put(flag.text);
}

void put_radio_field(Printer& p, const Input& in, unsigned bit, std::size_t at,
                     std::uint32_t present) {
  constexpr std::uint32_t kHasXchannel = 1U << 18;
  switch (bit) {
    case 0:
      p.out.dec(in.le64(at)).put("us tsft ");
      break;
    case 1:
      put_flags(p, in.u8(at));
      break;
    case 2: {
      const unsigned rate = in.u8(at);
      if (rate >= 0x80 && rate <= 0x8f) {
        p.out.put("MCS ").dec(rate & 0x7fU).put(' ');
      } else {
        p.out.dec(rate / 2).put('.').dec(rate % 2 * 5).put(" Mb/s ");
      }
      break;
    }
    case 3:
      if ((present & kHasXchannel) == 0) put_channel(p, in.le16(at), in.le16(at + 2));
      break;
    case 4:
      p.out.put("fhset ").dec(in.u8(at)).put(" fhpat ").dec(in.u8(at + 1)).put(' ');
      break;
    case 5:
      p.out.signed_dec(in.i8(at)).put("dBm signal ");
      break;
    case 6:
      p.out.signed_dec(in.i8(at)).put("dBm noise ");
      break;
    case 7:
      p.out.dec(in.le16(at)).put(" sq ");
      break;
    case 8:
      p.out.signed_dec(-static_cast<std::int64_t>(in.le16(at))).put(" tx power ");
      break;
    case 9:
      p.out.signed_dec(-static_cast<std::int64_t>(in.le16(at))).put("dB tx attenuation ");
      break;
    case 10:
      p.out.signed_dec(in.i8(at)).put("dBm tx power ");
      break;
    case 11:
      p.out.put("antenna ").dec(in.u8(at)).put(' ');
      break;
    case 12:
      p.out.dec(in.u8(at)).put("dB signal ");
      break;
    case 13:
      p.out.dec(in.u8(at)).put("dB noise ");
      break;
    case 14:
      if (in.le16(at) != 0) {
        p.out.put((in.le16(at) & 2U) != 0 ? "bad plcp " : "unknown ");
      }
      break;
    case 18:
      put_channel(p, in.le16(at + 4), in.le32(at));
      break;
    case 19:
      put_mcs(p, in, at);
      break;
    default:
      break;
  }
}

}  // namespace

std::size_t print_wifi(Printer& p, Input in) { return print_frame(p, in, false, false); }

std::size_t print_radiotap(Printer& p, Input in) {
  p.set_protocol("802.11_radio");
  if (!in.need(0, 8)) return in.captured();
  const std::size_t header_bytes = in.le16(2);
  if (header_bytes < 8 || !in.need(0, header_bytes)) {
    p.truncate();
    return in.captured();
  }
  const Input header = in.first(header_bytes);
  std::size_t at = 4;
  while (header.has(at, 4) && (header.le32(at) & kNextWord) != 0) at += 4;
  at += 4;
  std::uint8_t flags = 0;
  bool has_flags = false;
  bool own_space = true;
  for (std::size_t word = 4; header.has(word, 4) && own_space; word += 4) {
    const std::uint32_t present = header.le32(word);
    for (unsigned bit = 0; bit < kRadiotapBit; ++bit) {
      if ((present >> bit & 1U) == 0) continue;
      // The size of a field not known is not known either: what follows cannot be found.
      if (bit >= std::size(kRadioFields)) {
        own_space = false;
        break;
      }
      const RadioField field = kRadioFields[bit];
      at = (at + field.align - 1) / field.align * field.align;
      if (!header.has(at, field.size)) {
        own_space = false;
        break;
      }
      if (bit == 1 && !has_flags) {
        flags = header.u8(at);
        has_flags = true;
      }
      put_radio_field(p, header, bit, at, present);
      at += field.size;
    }
    if ((present & kNextWord) == 0 || (present >> kVendorBit & 1U) != 0) break;
  }
  return header_bytes + print_frame(p, in.from(header_bytes), (flags & kDataPad) != 0,
                                    (flags & kChecksumAtEnd) != 0);
}

}  // namespace capstan::text
