// One compare of a filter's condition as SQL over a row of `flows`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/filter/filter_condition.h"
#include "engine/index/index_row.h"
#include "tools/clickhouse/sql_words.h"

namespace capstan::fleet::asking {

constexpr const char* kAlways = "1";
constexpr const char* kNever = "0";
// The columns of the side that sends, and of the one that receives.
struct Direction {
  const char* from;
  const char* to;
};
constexpr Direction kDirections[] = {{"client", "server"}, {"server", "client"}};

// Bytes that the conditions above in the same chain of AND have fixed.
template <std::size_t kSize>
struct FixedBytes {
  std::array<std::uint8_t, kSize> value{};
  std::array<std::uint8_t, kSize> mask{};

  // The bytes with those of the atom, which compares for equality.
  FixedBytes with(const HeaderAtom& atom) const noexcept {
    FixedBytes more = *this;
    for (std::size_t i = 0; i < atom.bits.size; ++i) {
      const std::size_t place = atom.bits.offset + i;
      const std::size_t shift = 8 * (atom.bits.size - 1U - i);
      if (place >= kSize) break;
      const auto bits = static_cast<std::uint8_t>(atom.bits.mask >> shift);
      more.mask[place] |= bits;
      more.value[place] = static_cast<std::uint8_t>(
          (more.value[place] & ~bits) | (static_cast<std::uint8_t>(atom.value >> shift) & bits));
    }
    return more;
  }
  // The bits of one address, `bytes` long from `start`, if all fixed ones lie in front of all
  // others.
  std::optional<std::uint32_t> prefix(std::size_t start, std::size_t bytes) const noexcept {
    std::uint32_t bits = 0;
    bool open = false;
    for (std::size_t i = start; i < start + bytes; ++i) {
      for (int bit = 7; bit >= 0; --bit) {
        const bool fixed = (mask[i] >> bit & 1) != 0;
        if (fixed && open) return std::nullopt;
        if (fixed) ++bits;
        open = open || !fixed;
      }
    }
    return bits;
  }
};

// The same for the addresses of both versions.
struct KnownBytes {
  FixedBytes<8> ip4;
  FixedBytes<32> ip6;

  void note(const HeaderAtom& atom) noexcept {
    if (atom.compare != Compare::kEqual || atom.negated) return;
    if (atom.bits.field == HeaderField::kIp4Addresses) ip4 = ip4.with(atom);
    if (atom.bits.field == HeaderField::kIp6Addresses) ip6 = ip6.with(atom);
  }
};

// The texts of atoms for packets of one direction.
class AtomText {
 public:
  // `direction` and `version` are borrowed.
  AtomText(const Direction& direction, const ServerVersion& version) noexcept
      : direction_(direction), version_(version) {}

  // An expression that is true unless no packet of this direction can satisfy the atom, in
  // parentheses where it needs them; kAlways where the columns cannot say. `known`: what the atoms
  // in front of it, joined by AND, have fixed.
  std::string of(const HeaderAtom& atom, const KnownBytes& known) const;

 private:
  std::string column(const char* what, bool from) const;
  std::string in_prefix(const std::string& name, Address low, std::uint32_t bits,
                        std::uint8_t ip_version) const;
  template <std::size_t kSize>
  std::string address(const HeaderAtom& atom, const FixedBytes<kSize>& known,
                      std::uint8_t ip_version) const;
  std::string arp(const HeaderAtom& atom, bool sender) const;
  std::string ports(const HeaderAtom& atom, RowKind kind, std::uint8_t unknown) const;
  std::string macs(const HeaderAtom& atom) const;

  const Direction& direction_;
  const ServerVersion& version_;
};

}  // namespace capstan::fleet::asking
