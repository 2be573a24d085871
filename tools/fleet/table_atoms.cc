#include "tools/fleet/table_atoms.h"

#include <fmt/format.h>

#include <algorithm>

namespace capstan::fleet::asking {

namespace {

constexpr std::uint32_t kAllBits = 0xffffffff;

std::string constant(bool value) { return value ? kAlways : kNever; }

std::string flag_is_set(std::uint8_t flags) {
  return fmt::format("bitAnd(flags, {}) != 0", static_cast<unsigned>(flags));
}

// An unsigned expression of which every bit is known, as the atom compares it.
std::string compare(const HeaderAtom& atom, const std::string& number) {
  const std::uint32_t mask = atom.bits.mask;
  const std::string value = mask == kAllBits ? number : fmt::format("bitAnd({}, {})", number, mask);
  switch (atom.compare) {
    case Compare::kEqual:
      return fmt::format("{} {} {}", value, atom.negated ? "!=" : "=", atom.value);
    case Compare::kGreater:
      return fmt::format("{} {} {}", value, atom.negated ? "<=" : ">", atom.value);
    case Compare::kGreaterOrEqual:
      return fmt::format("{} {} {}", value, atom.negated ? "<" : ">=", atom.value);
    case Compare::kAnyBit:
      return fmt::format("bitAnd({}, {}) {} 0", value, atom.value, atom.negated ? "=" : "!=");
  }
  return kAlways;
}

std::string ethertype(const HeaderAtom& atom) {
  const unsigned depth = atom.bits.depth;
  constexpr std::array kTags = {"tpid_outer", "tpid_inner"};
  const std::string tag = depth < kTags.size() ? compare(atom, kTags[depth]) : kAlways;
  // Below 0x600 it is a length: the upper bits are 0.
  const bool length = can_hold(atom, {0, ~std::uint32_t{0x7ff}});
  return fmt::format(
      "multiIf({}, 1, vlan_count > {}, {}, vlan_count < {} OR {}, 1, ethertype = 0, {}, {})",
      flag_is_set(row_flag::kNoEthertype), depth, tag, depth, flag_is_set(row_flag::kMoreVlans),
      length ? 1 : 0, compare(atom, "ethertype"));
}

std::string vlan(const HeaderAtom& atom) {
  constexpr std::array kIds = {"vlan_outer", "vlan_inner"};
  // Priority and the bit beside it are each packet's own.
  if (atom.bits.depth >= kIds.size() || (atom.bits.mask & 0xf000) != 0) return kAlways;
  return fmt::format("({} OR vlan_count <= {} OR {})", flag_is_set(row_flag::kNoEthertype),
                     static_cast<unsigned>(atom.bits.depth),
                     compare(atom, fmt::format("bitAnd({}, 4095)", kIds[atom.bits.depth])));
}

// The first byte of an IP header: its upper half is the version.
std::string version_byte(const HeaderAtom& atom) {
  return fmt::format("multiIf(kind = 4, {}, kind = 6, {}, 1)",
                     constant(can_hold(atom, {0x40, 0xfffffff0})),
                     constant(can_hold(atom, {0x60, 0xfffffff0})));
}

}  // namespace

std::string AtomText::column(const char* what, bool from) const {
  return fmt::format("{}{}", from ? direction_.from : direction_.to, what);
}

// Whether a column of addresses lies in a prefix.
std::string AtomText::in_prefix(const std::string& name, Address low, std::uint32_t bits,
                                std::uint8_t ip_version) const {
  const std::size_t size = ip_version == 4 ? 4 : 16;
  Address high = low;
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t of_byte = bits < 8 * i ? 0 : std::min<std::size_t>(bits - 8 * i, 8);
    const auto fixed = static_cast<std::uint8_t>(0xff00U >> of_byte);
    low[i] &= fixed;
    high[i] = static_cast<std::uint8_t>((high[i] & fixed) | static_cast<std::uint8_t>(~fixed));
  }
  const std::string from = sql_address(stored_address(low, ip_version), version_);
  if (bits == 8 * size) return fmt::format("{} = {}", name, from);
  return fmt::format("({0} >= {1} AND {0} <= {2})", name, from,
                     sql_address(stored_address(high, ip_version), version_));
}

// Addresses of both ends, one behind the other: equality of leading bits is what columns answer.
template <std::size_t kSize>
std::string AtomText::address(const HeaderAtom& atom, const FixedBytes<kSize>& known,
                              std::uint8_t ip_version) const {
  constexpr std::size_t kEach = kSize / 2;
  if (atom.compare != Compare::kEqual || (atom.value & ~atom.bits.mask) != 0) return kAlways;
  const std::size_t start = atom.bits.offset < kEach ? 0 : kEach;
  if (atom.bits.offset + std::size_t{atom.bits.size} > start + kEach) return kAlways;
  // Bits of the other address are of no concern, those behind this atom's may not be fixed yet.
  const FixedBytes<kSize> all = known.with(atom);
  const std::optional<std::uint32_t> bits = all.prefix(start, kEach);
  if (!bits || *bits == 0) return kAlways;
  Address low{};
  std::copy_n(all.value.begin() + start, kEach, low.begin());
  const std::string inside = in_prefix(column("", start == 0), low, *bits, ip_version);
  return fmt::format("(kind != {} OR {}{})", static_cast<unsigned>(ip_version),
                     atom.negated ? "NOT " : "", inside);
}

std::string AtomText::arp(const HeaderAtom& atom, bool sender) const {
  const FixedBytes<8> fixed = FixedBytes<8>{}.with(atom);
  const std::optional<std::uint32_t> bits = fixed.prefix(0, 4);
  if (atom.compare != Compare::kEqual || atom.bits.offset != 0 || !bits || *bits == 0 ||
      (atom.value & ~atom.bits.mask) != 0) {
    return kAlways;
  }
  Address low{};
  std::copy_n(fixed.value.begin(), 4, low.begin());
  return fmt::format("(kind != {} OR {}{})", static_cast<unsigned>(RowKind::kArp),
                     atom.negated ? "NOT " : "", in_prefix(column("", sender), low, *bits, 4));
}

std::string AtomText::ports(const HeaderAtom& atom, RowKind kind, std::uint8_t unknown) const {
  std::string number;
  if (atom.bits.size == 2 && atom.bits.offset % 2 == 0) {
    number = column("_port", atom.bits.offset == 0);
  } else {
    const unsigned shift = 8U * (4U - atom.bits.offset - atom.bits.size);
    if (atom.bits.offset + atom.bits.size > 4) return kAlways;
    number = fmt::format("bitAnd(bitShiftRight(toUInt64({}) * 65536 + {}, {}), {})",
                         column("_port", true), column("_port", false), shift,
                         (std::uint64_t{1} << (8 * atom.bits.size)) - 1);
  }
  return fmt::format("(kind != {} OR {} OR {})", static_cast<unsigned>(kind), flag_is_set(unknown),
                     compare(atom, number));
}

std::string AtomText::macs(const HeaderAtom& atom) const {
  constexpr unsigned kEach = 6;  // the receiver stands in front
  const unsigned start = atom.bits.offset < kEach ? 0 : kEach;
  if (atom.bits.offset + unsigned{atom.bits.size} > start + kEach) return kAlways;
  const std::string bytes =
      fmt::format("substring({}, {}, {})", column("_mac", start != 0), atom.bits.offset - start + 1,
                  static_cast<unsigned>(atom.bits.size));
  return fmt::format("({} OR {})", flag_is_set(row_flag::kNoMacs),
                     compare(atom, fmt::format("reinterpretAsUInt32(reverse({}))", bytes)));
}

std::string AtomText::of(const HeaderAtom& atom, const KnownBytes& known) const {
  constexpr std::uint8_t kPortsUnknown = row_flag::kNoPorts | row_flag::kLaterFragment;
  switch (atom.bits.field) {
    case HeaderField::kMacs:
      return macs(atom);
    case HeaderField::kEthertype:
      return ethertype(atom);
    case HeaderField::kVlanTag:
      return vlan(atom);
    case HeaderField::kVersion:
    case HeaderField::kIp4First:
    case HeaderField::kIp6First:
      return version_byte(atom);
    case HeaderField::kIp4Fragment:
      // The offset; flags are each packet's own.
      if (can_hold(atom, {0, 0xffff1fff})) return kAlways;
      return fmt::format("(kind != 4 OR {})", flag_is_set(row_flag::kLaterFragment));
    case HeaderField::kIp4Protocol:
      return fmt::format("(kind != 4 OR {})", compare(atom, "next_header"));
    case HeaderField::kIp4Addresses:
      return address(atom, known.ip4, 4);
    case HeaderField::kIp6Next:
      return fmt::format("(kind != 6 OR {} OR {})", flag_is_set(row_flag::kUnread),
                         compare(atom, "next_header"));
    case HeaderField::kIp6Addresses:
      return address(atom, known.ip6, 6);
    case HeaderField::kArpSender:
      return arp(atom, true);
    case HeaderField::kArpTarget:
      return arp(atom, false);
    case HeaderField::kIp4Ports:
      return ports(atom, RowKind::kIpv4, kPortsUnknown);
    case HeaderField::kIp6Ports:
      return ports(atom, RowKind::kIpv6, kPortsUnknown | row_flag::kExtensionHeaders);
  }
  return kAlways;
}

}  // namespace capstan::fleet::asking
