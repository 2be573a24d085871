// PacketKey: the fields that decide to which conversation a packet belongs, read in one pass.
//
// First step of indexing: packet -> PacketKey -> block_flows.h -> index_builder.h. Reads exactly
// what a filter program would read: a field that such a program might see differently is flagged as
// not known (row_flag in index_row.h).
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

// The fields of a row that belong to the link: many conversations share them.
struct LinkFields {
  MacAddress low_mac{};  // of the row's ends[0]
  MacAddress high_mac{};
  std::uint16_t link_type = 0;
  std::uint16_t ethertype = 0;
  std::array<std::uint16_t, 2> vlans{};
  std::array<std::uint16_t, 2> tpids{};
  std::uint8_t vlan_count = 0;
  std::uint8_t flags = 0;  // row_flag bits: kNoMacs, kNoEthertype, kMoreVlans

  friend bool operator==(const LinkFields&, const LinkFields&) = default;
};

std::uint64_t hash_of(const LinkFields& link, HashSeed seed) noexcept;
std::uint64_t hash_of(const InnerFlow& inner, HashSeed seed) noexcept;

// A plain value without padding: compared and hashed as six 64-bit words.
struct PacketKey {
  Address low{};
  Address high{};
  std::uint16_t low_port = 0;
  std::uint16_t high_port = 0;
  std::uint8_t protocol = 0;
  std::uint8_t next_header = 0;
  RowKind kind = RowKind::kOther;
  std::uint8_t flags = 0;   // row_flag bits, including those of the link
  std::uint32_t link = 0;   // index into PacketKeyMaker::links()
  std::uint32_t inner = 0;  // 1 + index into PacketKeyMaker::inners(); 0: none

  // Compares word by word, because a call of memcmp() takes longer than the comparison.
  friend bool operator==(const PacketKey& a, const PacketKey& b) noexcept {
    std::array<std::uint64_t, 6> x;
    std::array<std::uint64_t, 6> y;
    std::memcpy(x.data(), &a, sizeof(x));
    std::memcpy(y.data(), &b, sizeof(y));
    return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]) | (x[4] ^ y[4]) |
            (x[5] ^ y[5])) == 0;
  }
};
static_assert(sizeof(PacketKey) == 48);

struct KeyedPacket {
  PacketKey key;
  bool from_low = true;  // sent by ends[0]
  std::uint8_t tcp_flags = 0;
};

// Whether UDP packets to this port may be a tunnel that read_inner() can read.
constexpr bool is_tunnel_port(std::uint16_t port) noexcept {
  return port == 4789 || port == 8472 || port == 6081 || port == 2152;
}

// Where the innermost IP packet is, and what it is.
struct InnerPacket {
  InnerFlow flow;               // addresses[0] is the sender of this packet
  std::uint32_t ip_offset = 0;  // from the first byte of the packet; 0: nothing is readable
};

// What a packet carries inside MPLS, PPPoE or tunnels (TunnelKind), up to four levels deep.
// nullopt: it carries nothing in these.
std::optional<InnerPacket> read_inner(const PacketView& packet) noexcept;

// Makes the keys for one file. One thread. Allocates when a link or a tunnel is new.
class PacketKeyMaker {
 public:
  // The numbers of different links and of different inner conversations that can be distinguished.
  PacketKeyMaker(std::uint32_t max_links, std::uint32_t max_inners)
      : links_(max_links), inners_(max_inners) {}

  // False: a limit of the constructor would be exceeded.
  [[nodiscard]] bool make(const PacketView& packet, KeyedPacket& keyed) {
    return make_plain(packet, keyed) || make_any(packet, keyed);
  }

  const std::vector<LinkFields>& links() const noexcept { return links_.values(); }
  const std::vector<InnerFlow>& inners() const noexcept { return inners_.values(); }

 private:
  struct CachedLink {
    std::uint64_t front = 0;  // the first 8 bytes of the frame
    std::uint64_t back = 0;   // bytes 6 to 13
    std::uint32_t tag = 0;    // with one tag: bytes 14 to 17, otherwise 0
    std::uint32_t id = 0;
    bool from_low = false;
    bool used = false;

    bool is(const CachedLink& wanted) const noexcept {
      return ((front ^ wanted.front) | (back ^ wanted.back) | (tag ^ wanted.tag)) == 0 && used &&
             from_low == wanted.from_low;
    }
  };
  static constexpr std::size_t kCachedLinks = 256;

  // Fast path for most packets, whose fields are at fixed places: an untagged Ethernet frame with a
  // complete IPv4 header without options, TCP or UDP, on a link seen recently. False: anything
  // else.
  bool make_plain(const PacketView& packet, KeyedPacket& keyed) noexcept;
  bool make_any(const PacketView& packet, KeyedPacket& keyed);
  // Returns the cache entry where the link of an Ethernet frame is stored, if it is stored, and
  // sets `wanted` to the entry that this frame needs. `tag`: of the first VLAN tag.
  CachedLink& cache_of(const std::uint8_t* frame, std::uint32_t tag, bool from_low,
                       CachedLink& wanted) noexcept {
    std::memcpy(&wanted.front, frame, 8);
    std::memcpy(&wanted.back, frame + 6, 8);
    wanted.tag = tag;
    wanted.from_low = from_low;
    wanted.used = true;
    const std::uint64_t mixed = (wanted.front ^ (wanted.back << 17) ^ tag) * 0x9E3779B97F4A7C15U;
    return cache_[((mixed >> 57) << 1) | (from_low ? 1U : 0U)];
  }
  bool set_link(const PacketView& packet, const FrameHead& frame, KeyedPacket& keyed);
  bool set_inner(const ByteReader& bytes, const FrameHead& frame, const IpHead* ip,
                 KeyedPacket& keyed);

  InternTable<LinkFields> links_;
  InternTable<InnerFlow> inners_;
  std::array<CachedLink, kCachedLinks> cache_{};
};

inline bool PacketKeyMaker::make_plain(const PacketView& packet, KeyedPacket& keyed) noexcept {
  constexpr std::size_t kLeastBytes = 14 + 20 + 20;
  const std::uint8_t* const at = packet.data;
  if (packet.link_type != link_type::kEthernet || packet.caplen < kLeastBytes) return false;
  const ByteReader bytes(at, kLeastBytes);
  const std::uint8_t protocol = at[23];
  const bool is_tcp = protocol == kProtocolTcp;
  // Ethertype, version and header length; then more-fragments flag and fragment offset.
  if (bytes.be24(12) != 0x080045 || (bytes.be16(20) & 0x3fff) != 0 ||
      (!is_tcp && protocol != kProtocolUdp)) {
    return false;
  }
  const std::uint64_t source = std::uint64_t{bytes.be32(26)} << 16 | bytes.be16(34);
  const std::uint64_t destination = std::uint64_t{bytes.be32(30)} << 16 | bytes.be16(36);
  if (!is_tcp && is_tunnel_port(static_cast<std::uint16_t>(destination))) return false;
  keyed.from_low = source <= destination;
  CachedLink wanted;
  const CachedLink& cached = cache_of(at, 0, keyed.from_low, wanted);
  if (!cached.is(wanted)) return false;
  PacketKey& key = keyed.key;
  key = {};
  std::memcpy(key.low.data(), at + (keyed.from_low ? 26 : 30), 4);
  std::memcpy(key.high.data(), at + (keyed.from_low ? 30 : 26), 4);
  key.low_port = static_cast<std::uint16_t>(keyed.from_low ? source : destination);
  key.high_port = static_cast<std::uint16_t>(keyed.from_low ? destination : source);
  key.protocol = key.next_header = protocol;
  key.kind = RowKind::kIpv4;
  key.link = cached.id;
  keyed.tcp_flags = is_tcp ? at[47] : std::uint8_t{0};
  return true;
}

}  // namespace capstan
