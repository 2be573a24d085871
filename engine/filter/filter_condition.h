// FilterCondition: what must be true of every packet that a compiled filter accepts, as far as
// header fields can express it.
//
// There is no second parser of libpcap's language: the compiled program is analysed. A classic BPF
// program is a small graph of loads, compares and jumps. It is walked with the loads of known
// header fields as symbols and everything else unknown. Where the program compares a field with
// constants, an atom is made; where it tests something unknown, both branches are possible. The
// result is a necessary condition of atoms joined by and/or: index rows that fail it hold no
// accepted packet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/filter/packet_filter.h"

namespace capstan {

// A range of header bytes at an offset that earlier tests in the program have made certain:
// kIp4Addresses is loaded only after a compare that found the ethertype of IPv4.
enum class HeaderField : std::uint8_t {
  kMacs,          // 12 bytes: destination, source
  kEthertype,     // 2 bytes, after `depth` VLAN tags
  kVlanTag,       // 2 bytes: VLAN tag number `depth`, from 0
  kVersion,       // 1 byte: version and header length, on links without a link header
  kIp4First,      // 1 byte: version and header length
  kIp4Fragment,   // 2 bytes: flags and offset
  kIp4Protocol,   // 1 byte
  kIp4Addresses,  // 8 bytes: source, destination
  kIp6First,      // 1 byte
  kIp6Next,       // 1 byte: the next-header field of the fixed header
  kIp6Addresses,  // 32 bytes: source, destination
  kArpSender,     // 4 bytes: an IPv4 address
  kArpTarget,     // 4 bytes
  kIp4Ports,      // 4 bytes: source, destination; the first bytes of the transport header
  kIp6Ports,      // 4 bytes: those after the fixed header of IPv6
};

// `size` bytes of a field, starting at `offset`, big-endian, and a mask.
struct HeaderBits {
  HeaderField field = HeaderField::kMacs;
  std::uint8_t depth = 0;
  std::uint8_t offset = 0;
  std::uint8_t size = 0;
  std::uint32_t mask = 0xffffffff;
  friend bool operator==(const HeaderBits&, const HeaderBits&) = default;
};

enum class Compare : std::uint8_t { kEqual, kGreater, kGreaterOrEqual, kAnyBit };

struct HeaderAtom {
  HeaderBits bits;
  Compare compare = Compare::kEqual;
  std::uint32_t value = 0;
  bool negated = false;
};

// Immutable; pass it by reference. Const calls are allowed from any thread.
class FilterCondition {
 public:
  enum class Kind : std::uint8_t { kNever, kAlways, kAtom, kAnd, kOr };
  struct Node {
    Kind kind = Kind::kAlways;
    std::uint32_t left = 0;  // indices of earlier nodes; kAtom: index into atoms()
    std::uint32_t right = 0;
  };

  // The condition of a program for packets of `link_type`. Accepts any program, valid or not: where
  // the program is not understood both branches are possible, and a program that is too large to
  // walk gives a condition that is always true.
  FilterCondition(std::span<const FilterInstruction> program, std::uint16_t link_type);

  // Every node comes after the nodes it refers to; the last node is the whole condition.
  const std::vector<Node>& nodes() const noexcept { return nodes_; }
  const std::vector<HeaderAtom>& atoms() const noexcept { return atoms_; }
  Kind kind() const noexcept { return nodes_.back().kind; }

  // Evaluates the condition. `holds(atom)` returns false only when no packet in question can
  // satisfy the atom. `scratch` belongs to the caller, so that many calls allocate memory only
  // once.
  template <typename Holds>
  bool may_hold(Holds&& holds, std::vector<char>& scratch) const {
    scratch.resize(nodes_.size());
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const Node& node = nodes_[i];
      bool value = false;
      switch (node.kind) {
        case Kind::kNever:
          break;
        case Kind::kAlways:
          value = true;
          break;
        case Kind::kAtom:
          value = holds(atoms_[node.left]);
          break;
        case Kind::kAnd:
          value = scratch[node.left] != 0 && scratch[node.right] != 0;
          break;
        case Kind::kOr:
          value = scratch[node.left] != 0 || scratch[node.right] != 0;
          break;
      }
      scratch[i] = value ? 1 : 0;
    }
    return scratch.back() != 0;
  }

 private:
  std::vector<Node> nodes_;
  std::vector<HeaderAtom> atoms_;
};

// A value of which only some bits are known.
struct KnownBits {
  std::uint32_t value = 0;
  std::uint32_t known = 0;  // mask of the bits that are known
};

// Whether a value with the known bits `bits` (before the atom's mask) can satisfy the atom.
bool can_hold(const HeaderAtom& atom, KnownBits bits) noexcept;

}  // namespace capstan
