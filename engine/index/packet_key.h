// PacketKey: what makes a packet part of one conversation and not of another, read in one pass.
//
// First step of indexing: packet -> PacketKey -> block_flows.h -> index_builder.h. Reads exactly
// what a filter program would: a field that such a program might see differently is flagged as not
// known (row_flag in index_row.h).
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

#include "engine/block/packet_view.h"
#include "engine/index/frame_fields.h"
#include "engine/index/index_row.h"
#include "engine/index/intern_table.h"

namespace capstan {

// What of a row is the link's: many conversations share one.
struct LinkFields {
  MacAddress low_mac{};  // of the row's ends[0]
  MacAddress high_mac{};
  std::uint16_t link_type = 0;
  std::uint16_t ethertype = 0;
  std::array<std::uint16_t, 2> vlans{};
  std::array<std::uint16_t, 2> tpids{};
  std::uint8_t vlan_count = 0;
  std::uint8_t flags = 0;  // of row_flag: kNoMacs, kNoEthertype, kMoreVlans

  friend bool operator==(const LinkFields&, const LinkFields&) = default;
};

std::uint64_t hash_of(const LinkFields& link, HashSeed seed) noexcept;
std::uint64_t hash_of(const InnerFlow& inner, HashSeed seed) noexcept;

// A plain value without padding: compared and hashed as six words.
struct PacketKey {
  Address low{};
  Address high{};
  std::uint16_t low_port = 0;
  std::uint16_t high_port = 0;
  std::uint8_t protocol = 0;
  std::uint8_t next_header = 0;
  RowKind kind = RowKind::kOther;
  std::uint8_t flags = 0;   // row_flag, those of the link too
  std::uint32_t link = 0;   // index into PacketKeyMaker::links()
  std::uint32_t inner = 0;  // 1 + index into PacketKeyMaker::inners(); 0: none

  friend bool operator==(const PacketKey& a, const PacketKey& b) noexcept {
    return std::memcmp(&a, &b, sizeof(PacketKey)) == 0;
  }
};
static_assert(sizeof(PacketKey) == 48);

struct KeyedPacket {
  PacketKey key;
  bool from_low = true;  // sent by ends[0]
  std::uint8_t tcp_flags = 0;
};

// Where the innermost IP packet lies, and what it is.
struct InnerPacket {
  InnerFlow flow;               // ends[0] is the sender here
  std::uint32_t ip_offset = 0;  // from the first byte of the packet; 0: nothing readable
};

// What a packet carries inside MPLS, PPPoE or tunnels (TunnelKind), at most four deep. nullopt: it
// has none.
std::optional<InnerPacket> read_inner(const PacketView& packet) noexcept;

// Makes the keys of one file. One thread. Allocates when a link or a tunnel is new.
class PacketKeyMaker {
 public:
  // At most so many different links and so many different inner conversations are told apart.
  PacketKeyMaker(std::uint32_t max_links, std::uint32_t max_inners)
      : links_(max_links), inners_(max_inners) {}

  // False: it would need one link or inner conversation too many.
  [[nodiscard]] bool make(const PacketView& packet, KeyedPacket& keyed);

  const std::vector<LinkFields>& links() const noexcept { return links_.values(); }
  const std::vector<InnerFlow>& inners() const noexcept { return inners_.values(); }

 private:
  struct CachedLink {
    std::uint64_t front = 0;  // the first 8 bytes of the frame
    std::uint64_t back = 0;   // bytes 6 to 13
    std::uint32_t tag = 0;    // tagged once: bytes 14 to 17, otherwise 0
    std::uint32_t id = 0;
    bool from_low = false;
    bool used = false;
  };
  static constexpr std::size_t kCachedLinks = 256;

  bool set_link(const PacketView& packet, const FrameHead& frame, KeyedPacket& keyed);
  bool set_inner(const ByteReader& bytes, const FrameHead& frame, const IpHead* ip,
                 KeyedPacket& keyed);

  InternTable<LinkFields> links_;
  InternTable<InnerFlow> inners_;
  std::array<CachedLink, kCachedLinks> cache_{};
};

}  // namespace capstan
