// Ethernet II and 802.3 frames, with their 802.1Q and 802.1ad tags.
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr std::size_t kHeaderBytes = 14;
constexpr std::size_t kTagBytes = 4;
constexpr std::uint16_t kMaxLength = 1500;  // smaller type fields are 802.3 lengths

bool is_tag(std::uint16_t type) noexcept {
  return type == 0x8100 || type == 0x9100 || type == 0x9200 || type == 0x88a8;
}

void put_type(Printer& p, std::uint16_t type) {
  const char* name = ethertype_name(type);
  p.out.put("ethertype ").put(name != nullptr ? name : "Unknown").put(" (0x");
  p.out.hex(type, 4).put(')');
}

void put_header(Printer& p, const LinkAddresses& addresses, std::uint16_t type) {
  p.out.mac(addresses.source).put(" > ").mac(addresses.destination);
  if (type <= kMaxLength) {
    p.out.put(", 802.3");
  } else {
    p.out.put(", ");
    put_type(p, type);
  }
}

// "vlan 10, p 3, DEI, " (IEEE 802.1Q section 9.6)
void put_tag(Printer& p, std::uint16_t tag) {
  p.out.put("vlan ").dec(tag & 0x0fffU).put(", p ").dec(tag >> 13);
  if ((tag & 0x1000U) != 0) p.out.put(", DEI");
}

}  // namespace

std::size_t print_ethernet(Printer& p, Input in, bool print_header) {
  p.set_protocol("ether");
  if (in.captured() < kHeaderBytes || in.length() < kHeaderBytes) {
    p.put_truncated();
    return in.captured();
  }
  const LinkAddresses addresses{in.data() + 6, in.data()};
  const std::size_t frame_length = in.length();
  std::uint16_t type = in.be16(12);
  std::size_t header_bytes = kHeaderBytes;
  bool printed_length = false;
  if (print_header) put_header(p, addresses, type);
  Input payload = in.from(kHeaderBytes);
  while (is_tag(type)) {
    if (payload.captured() < kTagBytes || payload.length() < kTagBytes) {
      p.set_protocol("vlan");
      if (print_header && !printed_length) p.out.put(", length ").dec(frame_length).put(": ");
      p.truncate();
      return header_bytes + payload.captured();
    }
    if (print_header) {
      if (!printed_length) p.out.put(", length ").dec(frame_length).put(": ");
      printed_length = true;
      put_tag(p, payload.be16(0));
      p.out.put(", ");
    }
    type = payload.be16(2);
    if (print_header && type > kMaxLength) {
      put_type(p, type);
      p.out.put(", ");
    }
    payload = payload.from(kTagBytes);
    header_bytes += kTagBytes;
  }
  bool known = true;
  if (type <= kMaxLength) {
    if (type < payload.length()) payload = payload.first(type);
    // Behind a tag tcpdump says no length here, and leaves no space either.
    if (print_header && printed_length) p.out.put("802.3");
    if (print_header && !printed_length) p.out.put(", length ").dec(payload.length()).put(": ");
    header_bytes += print_llc(p, payload, addresses, known);
    if (!known) p.unknown_data(payload);
    return header_bytes;
  }
  if (print_header && !printed_length) p.out.put(", length ").dec(frame_length).put(": ");
  if (print_ethertype(p, type, payload, addresses)) return header_bytes;
  if (!print_header) {
    put_header(p, addresses, type);
    p.out.put(", length ").dec(frame_length).put(": ");
  }
  p.unknown_data(payload);
  return header_bytes;
}

}  // namespace capstan::text
