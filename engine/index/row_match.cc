#include "engine/index/row_match.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

namespace capstan {

namespace {

constexpr std::uint8_t kFullByte = 0xff;

// `bits.size` bytes at `bits.offset` of bytes that are known.
KnownBits load(std::span<const std::uint8_t> bytes, const HeaderBits& bits) noexcept {
  if (bits.size > 4 || bits.offset + std::size_t{bits.size} > bytes.size()) return {};
  KnownBits result;
  for (std::size_t i = 0; i < bits.size; ++i) {
    result.value = result.value << 8 | bytes[bits.offset + i];
  }
  // A load of fewer bytes has zeros above them.
  result.known = 0xffffffff;
  return result;
}

KnownBits number(std::uint32_t value, std::uint32_t known = 0xffffffff) noexcept {
  return {value, known};
}

template <std::size_t kEach>
std::array<std::uint8_t, 2 * kEach> joined(const std::uint8_t* one,
                                           const std::uint8_t* other) noexcept {
  std::array<std::uint8_t, 2 * kEach> bytes;
  std::memcpy(bytes.data(), one, kEach);
  std::memcpy(bytes.data() + kEach, other, kEach);
  return bytes;
}

KnownBits ethertype(const IndexRow& row, std::uint8_t depth) noexcept {
  if (row.has(row_flag::kNoEthertype)) return {};
  if (depth < row.vlan_count) return number(row.tpids[depth]);
  if (depth > row.vlan_count || row.has(row_flag::kMoreVlans)) return {};
  // A length: below 0x600, so that the upper bits are 0.
  return row.ethertype == 0 ? number(0, ~std::uint32_t{0x7ff}) : number(row.ethertype);
}

KnownBits vlan_tag(const IndexRow& row, std::uint8_t depth) noexcept {
  // The id; priority and the bit beside it are each packet's own. Above 16 bits there is nothing.
  constexpr std::uint32_t kId = 0x0fff;
  if (row.has(row_flag::kNoEthertype) || depth >= row.vlan_count) return {};
  return number(row.vlans[depth] & kId, 0xffff0fff);
}

KnownBits addresses(const IndexRow& row, std::size_t from, RowKind kind,
                    const HeaderBits& bits) noexcept {
  if (row.kind != kind) return {};
  const std::uint8_t* const source = row.ends[from].address.data();
  const std::uint8_t* const destination = row.ends[1 - from].address.data();
  if (kind == RowKind::kIpv6) return load(joined<16>(source, destination), bits);
  return load(joined<4>(source, destination), bits);
}

KnownBits ports(const IndexRow& row, std::size_t from, RowKind kind,
                const HeaderBits& bits) noexcept {
  if (row.kind != kind || !row.has_ports() || row.has(row_flag::kLaterFragment)) return {};
  if (kind == RowKind::kIpv6 && row.has(row_flag::kExtensionHeaders)) return {};
  const std::uint16_t source = row.ends[from].port;
  const std::uint16_t destination = row.ends[1 - from].port;
  const std::array<std::uint8_t, 4> bytes = {static_cast<std::uint8_t>(source >> 8),
                                             static_cast<std::uint8_t>(source & kFullByte),
                                             static_cast<std::uint8_t>(destination >> 8),
                                             static_cast<std::uint8_t>(destination & kFullByte)};
  return load(bytes, bits);
}

}  // namespace

KnownBits known_bits(const IndexRow& row, std::size_t from, const HeaderBits& bits) noexcept {
  switch (bits.field) {
    case HeaderField::kMacs:
      if (row.has(row_flag::kNoMacs)) return {};
      return load(joined<6>(row.ends[1 - from].mac.data(), row.ends[from].mac.data()), bits);
    case HeaderField::kEthertype:
      return ethertype(row, bits.depth);
    case HeaderField::kVlanTag:
      return vlan_tag(row, bits.depth);
    case HeaderField::kVersion:
    case HeaderField::kIp4First:
    case HeaderField::kIp6First:
      // The upper half is the version; header length and traffic class are each packet's own.
      if (row.kind == RowKind::kIpv4) return number(0x40, 0xfffffff0);
      if (row.kind == RowKind::kIpv6) return number(0x60, 0xfffffff0);
      return {};
    case HeaderField::kIp4Fragment: {
      if (row.kind != RowKind::kIpv4 || row.has(row_flag::kLaterFragment)) return {};
      return number(0, 0xffff1fff);  // the offset; flags are each packet's own
    }
    case HeaderField::kIp4Protocol:
      return row.kind == RowKind::kIpv4 ? number(row.next_header) : KnownBits{};
    case HeaderField::kIp4Addresses:
      return addresses(row, from, RowKind::kIpv4, bits);
    case HeaderField::kIp6Next:
      if (row.kind != RowKind::kIpv6 || row.has(row_flag::kUnread)) return {};
      return number(row.next_header);
    case HeaderField::kIp6Addresses:
      return addresses(row, from, RowKind::kIpv6, bits);
    case HeaderField::kArpSender:
      return row.kind == RowKind::kArp ? load(std::span(row.ends[from].address).first(4), bits)
                                       : KnownBits{};
    case HeaderField::kArpTarget:
      return row.kind == RowKind::kArp ? load(std::span(row.ends[1 - from].address).first(4), bits)
                                       : KnownBits{};
    case HeaderField::kIp4Ports:
      return ports(row, from, RowKind::kIpv4, bits);
    case HeaderField::kIp6Ports:
      return ports(row, from, RowKind::kIpv6, bits);
  }
  return {};
}

bool RowMatch::may_match(const IndexRow& row) {
  if (row.link_type != link_type_) return true;
  for (std::size_t from = 0; from < 2; ++from) {
    if (row.ends[from].packets == 0) continue;
    const auto holds = [&](const HeaderAtom& atom) {
      return can_hold(atom, known_bits(row, from, atom.bits));
    };
    if (condition_.may_hold(holds, scratch_)) return true;
  }
  return false;
}

namespace {

// What an atom, or several joined by and, can be looked up by; the better, the fewer rows.
struct Lookup {
  int rank = 0;  // 0: nothing
  std::vector<KeyRange> ranges;
  KeyKind kind = KeyKind::kProtocol;
};

constexpr int kRankAddress = 5;
constexpr int kRankMac = 4;
constexpr int kRankPort = 3;
constexpr int kRankVlan = 2;
constexpr int kRankType = 1;
// A prefix shorter than this has too many rows to be better than nothing.
constexpr std::uint32_t kLeastPrefixBits = 8;

// A run of address bits that must have certain values.
struct WantedBytes {
  std::array<std::uint8_t, 32> value{};
  std::array<std::uint8_t, 32> mask{};

  void want(const HeaderAtom& atom) noexcept {
    for (std::size_t i = 0; i < atom.bits.size; ++i) {
      const std::size_t shift = 8 * (atom.bits.size - 1U - i);
      const std::size_t place = atom.bits.offset + i;
      if (place >= value.size()) return;
      const auto mask_byte = static_cast<std::uint8_t>(atom.bits.mask >> shift);
      const auto value_byte = static_cast<std::uint8_t>(atom.value >> shift);
      mask[place] = static_cast<std::uint8_t>(mask[place] | mask_byte);
      value[place] =
          static_cast<std::uint8_t>((value[place] & ~mask_byte) | (value_byte & mask_byte));
    }
  }

  // Leading bits of [start, + size) that are all wanted.
  std::uint32_t prefix_bits(std::size_t start, std::size_t size) const noexcept {
    std::uint32_t bits = 0;
    for (std::size_t i = start; i < start + size; ++i) {
      for (int bit = 7; bit >= 0; --bit) {
        if ((mask[i] >> bit & 1) == 0) return bits;
        ++bits;
      }
    }
    return bits;
  }
};

void add_addresses(const WantedBytes& wanted, std::size_t size, std::uint8_t ip_version,
                   std::vector<Lookup>& found) {
  for (const std::size_t start : {std::size_t{0}, size}) {
    const std::uint32_t bits = wanted.prefix_bits(start, size);
    if (bits < kLeastPrefixBits) continue;
    Address address{};
    std::memcpy(address.data(), wanted.value.data() + start, size);
    Lookup lookup;
    lookup.rank = kRankAddress;
    lookup.kind = ip_version == 4 ? KeyKind::kAddress4 : KeyKind::kAddress6;
    lookup.ranges.push_back(KeyRange::address(ip_version, address, bits));
    found.push_back(std::move(lookup));
  }
}

// Ports: equalities and the two ends of a range. `low` and `high` of each end.
struct PortRange {
  std::uint32_t low = 0;
  std::uint32_t high = 0xffff;
  void want(const HeaderAtom& atom) noexcept {
    const std::uint32_t value = atom.value;
    if (atom.compare == Compare::kEqual && !atom.negated) {
      low = std::max(low, value);
      high = std::min(high, value);
    } else if (atom.compare == Compare::kGreaterOrEqual) {
      if (atom.negated) {
        high = std::min(high, value == 0 ? 0 : value - 1);
      } else {
        low = std::max(low, value);
      }
    } else if (atom.compare == Compare::kGreater) {
      if (atom.negated) {
        high = std::min(high, value);
      } else {
        low = std::max(low, value + 1);
      }
    }
  }
};

// All that is wanted together: the atoms of one chain of and.
class Wanted {
 public:
  void want(const HeaderAtom& atom) {
    const bool equal = atom.compare == Compare::kEqual && !atom.negated;
    switch (atom.bits.field) {
      case HeaderField::kIp4Addresses:
        if (equal) ip4_.want(atom);
        break;
      case HeaderField::kIp6Addresses:
        if (equal) ip6_.want(atom);
        break;
      case HeaderField::kArpSender:
        if (equal) arp_.want(atom);
        break;
      case HeaderField::kArpTarget:
        if (equal) {
          HeaderAtom target = atom;
          target.bits.offset = static_cast<std::uint8_t>(target.bits.offset + 4);
          arp_.want(target);
        }
        break;
      case HeaderField::kMacs:
        if (equal) macs_.want(atom);
        break;
      case HeaderField::kIp4Ports:
        want_port(atom, ports_);
        break;
      case HeaderField::kIp6Ports:
        want_port(atom, ip6_ports_);
        break;
      case HeaderField::kVlanTag:
        if (equal && (atom.bits.mask & 0xffff) == 0x0fff) {
          add_number(KeyKind::kVlan, atom.value, kRankVlan);
        }
        break;
      case HeaderField::kIp4Protocol:
      case HeaderField::kIp6Next:
        if (equal && (atom.bits.mask & kFullByte) == kFullByte) {
          add_number(KeyKind::kProtocol, atom.value, kRankType);
          // What follows the fixed header is ports only when it says so.
          ip6_has_ports_ = ip6_has_ports_ || atom.value == 6 || atom.value == 17;
        }
        break;
      case HeaderField::kEthertype:
        if (equal && (atom.bits.mask & 0xffff) == 0xffff && atom.value >= 0x600) {
          add_number(KeyKind::kEthertype, atom.value, kRankType);
        }
        break;
      default:
        break;
    }
  }

  std::vector<Lookup> lookups() {
    std::vector<Lookup> found = std::move(numbers_);
    add_addresses(ip4_, 4, 4, found);
    add_addresses(ip6_, 16, 6, found);
    add_addresses(arp_, 4, 4, found);
    for (const std::size_t start : {std::size_t{0}, std::size_t{6}}) {
      if (macs_.prefix_bits(start, 6) != 48) continue;
      MacAddress mac{};
      std::memcpy(mac.data(), macs_.value.data() + start, mac.size());
      Lookup lookup;
      lookup.rank = kRankMac;
      lookup.kind = KeyKind::kMac;
      lookup.ranges.push_back(KeyRange::mac(mac));
      found.push_back(std::move(lookup));
    }
    std::vector<PortRange> ranges(ports_.begin(), ports_.end());
    if (ip6_has_ports_) ranges.insert(ranges.end(), ip6_ports_.begin(), ip6_ports_.end());
    for (const PortRange& range : ranges) {
      if (range.low > range.high || range.high - range.low > 0x3fff) continue;
      Lookup lookup;
      lookup.rank = kRankPort;
      lookup.kind = KeyKind::kPort;
      lookup.ranges.push_back(KeyRange::number(KeyKind::kPort, range.low, range.high));
      found.push_back(std::move(lookup));
    }
    return found;
  }

 private:
  static void want_port(const HeaderAtom& atom, std::array<PortRange, 2>& ports) {
    const bool whole = atom.bits.size == 2 && (atom.bits.mask & 0xffff) == 0xffff;
    if (whole && atom.bits.offset % 2 == 0) ports[atom.bits.offset / 2].want(atom);
  }

  void add_number(KeyKind kind, std::uint32_t value, int rank) {
    Lookup lookup;
    lookup.rank = rank;
    lookup.kind = kind;
    lookup.ranges.push_back(KeyRange::number(kind, value, value));
    numbers_.push_back(std::move(lookup));
  }

  WantedBytes ip4_;
  WantedBytes ip6_;
  WantedBytes arp_;
  WantedBytes macs_;
  std::array<PortRange, 2> ports_;
  std::array<PortRange, 2> ip6_ports_;
  bool ip6_has_ports_ = false;
  std::vector<Lookup> numbers_;
};

// Works out, from the leaves up, what each node can be looked up by: lists of key ranges of which a
// matching row has at least one.
class Planner {
 public:
  struct Plan {
    bool everything = true;  // no keys: all rows
    int worst_rank = 0;      // the least selective of its parts
    std::vector<Lookup> any_of;
  };

  explicit Planner(const FilterCondition& condition) : condition_(condition) {}

  Plan plan() {
    std::vector<std::optional<Plan>> known(condition_.nodes().size());
    const auto top = static_cast<std::uint32_t>(condition_.nodes().size() - 1);
    return plan_of(top, known, 0);
  }

 private:
  using Kind = FilterCondition::Kind;
  // Ors of more parts than this are answered by a pass over the rows.
  static constexpr std::size_t kMostParts = 256;
  static constexpr int kMostDepth = 2000;

  static bool better(const Plan& one, const Plan& other) {
    if (one.everything != other.everything) return other.everything;
    if (one.worst_rank != other.worst_rank) return one.worst_rank > other.worst_rank;
    return one.any_of.size() < other.any_of.size();
  }

  // The chain of and that begins at `node`: its atoms, and its other parts.
  void collect(std::uint32_t node, Wanted& wanted, std::vector<std::uint32_t>& others) const {
    std::vector<std::uint32_t> open{node};
    while (!open.empty()) {
      const FilterCondition::Node& at = condition_.nodes()[open.back()];
      const std::uint32_t index = open.back();
      open.pop_back();
      if (at.kind == Kind::kAnd) {
        open.push_back(at.left);
        open.push_back(at.right);
      } else if (at.kind == Kind::kAtom) {
        wanted.want(condition_.atoms()[at.left]);
      } else if (at.kind != Kind::kAlways) {
        others.push_back(index);
      }
    }
  }

  Plan plan_of(std::uint32_t node, std::vector<std::optional<Plan>>& known, int depth) const {
    if (known[node]) return *known[node];
    Plan result;
    if (depth < kMostDepth) result = make(node, known, depth);
    known[node] = result;
    return result;
  }

  Plan make(std::uint32_t node, std::vector<std::optional<Plan>>& known, int depth) const {
    const FilterCondition::Node& at = condition_.nodes()[node];
    if (at.kind == Kind::kNever) return {false, kRankAddress + 1, {}};
    if (at.kind == Kind::kAlways) return {};
    if (at.kind == Kind::kOr) {
      Plan left = plan_of(at.left, known, depth + 1);
      const Plan right = plan_of(at.right, known, depth + 1);
      if (left.everything || right.everything) return {};
      if (left.any_of.size() + right.any_of.size() > kMostParts) return {};
      left.worst_rank = std::min(left.worst_rank, right.worst_rank);
      left.any_of.insert(left.any_of.end(), right.any_of.begin(), right.any_of.end());
      return left;
    }
    Wanted wanted;
    std::vector<std::uint32_t> others;
    collect(node, wanted, others);
    Plan best;
    for (Lookup& lookup : wanted.lookups()) {
      Plan one{false, lookup.rank, {}};
      one.any_of.push_back(std::move(lookup));
      if (better(one, best)) best = std::move(one);
    }
    for (const std::uint32_t other : others) {
      Plan one = plan_of(other, known, depth + 1);
      if (better(one, best)) best = std::move(one);
    }
    return best;
  }

  const FilterCondition& condition_;
};

}  // namespace

std::optional<RowIds> RowMatch::candidates(IndexReader& index, bool& readable) const {
  readable = true;
  const Planner::Plan plan = Planner(condition_).plan();
  // Protocols and ethertypes are in most rows: a pass over them is as fast and exact.
  if (plan.everything || plan.worst_rank <= kRankType) return std::nullopt;
  RowIds rows;
  std::vector<KeyKind> kinds;
  for (const Lookup& lookup : plan.any_of) {
    for (const KeyRange& range : lookup.ranges) readable = readable && index.find(range, rows);
    if (std::find(kinds.begin(), kinds.end(), lookup.kind) == kinds.end()) {
      kinds.push_back(lookup.kind);
    }
  }
  // Rows of which such a key is not known may match anything.
  for (const KeyKind kind : kinds) readable = readable && index.find_unknown(kind, rows);
  return rows;
}

}  // namespace capstan
