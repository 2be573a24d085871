// 802.11 and the headers that captures put in front of it.
#include "engine/flow/transport_walk.h"

namespace capstan {

// IEEE 802.11 section 9.3: data frames, not protected, carry 802.2.
void TransportWalk::wifi() noexcept {
  if (!has(at_, 24)) return all_.size() < at_ + 10 ? damaged() : stop({});
  const std::uint8_t control = all_.u8(at_);
  const std::uint8_t flags = all_.u8(at_ + 1);
  const unsigned type = (control >> 2) & 3U;
  const unsigned subtype = control >> 4;
  constexpr unsigned kData = 2;
  constexpr unsigned kNoData = 4;  // a bit of the subtype: null frames
  if (type != kData || (subtype & kNoData) != 0) return stop({});
  constexpr std::uint8_t kBothSystems = 0x03;
  constexpr std::uint8_t kProtected = 0x40;
  constexpr std::uint8_t kOrder = 0x80;
  constexpr unsigned kQos = 8;
  std::size_t at = at_ + 24;
  if ((flags & kBothSystems) == kBothSystems) at += 6;
  bool aggregate = false;
  if ((subtype & kQos) != 0) {
    aggregate = (all_.u8(at) & 0x80) != 0;
    at += 2;
    if ((flags & kOrder) != 0) at += 4;
  }
  if ((flags & kProtected) != 0) return stop({"frame encrypted by 802.11"});
  if (type_ != 0) at = at_ + ((at - at_ + 3) & ~std::size_t{3});  // radiotap said: padded
  type_ = 0;
  if (aggregate) {
    // Two addresses and a length before each frame: the first is followed.
    const std::size_t size = all_.be16(at + 12);
    if (at + 14 + size < end_) unseen = {"802.11 aggregate, behind its first frame"};
    limit(at + 14, size);
    at += 14;
  }
  go(Layer::kLlc, at);
}

// Headers of captures that say themselves how long they are and, some, what follows.
void TransportWalk::pseudo_header(std::size_t at) noexcept {
  std::size_t size = 0;
  std::uint32_t inner = link_type::kWifi;
  type_ = 0;
  switch (link_type_) {
    case link_type::kRadiotap: {
      size = all_.le16(at + 2);
      // Flags are the second field, behind the time stamp; the words of presence may be several.
      std::size_t field = at + 8;
      const std::uint32_t present = all_.le32(at + 4);
      for (std::uint32_t more = present; (more & 0x80000000U) != 0 && field < at + size;
           field += 4) {
        more = all_.le32(field);
      }
      if ((present & 1) != 0) field = at + ((field - at + 7) & ~std::size_t{7}) + 8;
      constexpr std::uint8_t kChecksumAtEnd = 0x10;
      constexpr std::uint8_t kPadded = 0x20;
      const std::uint8_t flags = (present & 2) != 0 ? all_.u8(field) : std::uint8_t{0};
      if ((flags & kPadded) != 0) type_ = 1;
      if ((flags & kChecksumAtEnd) != 0 && wire_end_ >= at + size + 4) limit(0, wire_end_ - 4);
      break;
    }
    case link_type::kWifiPrism:
      size = 144;
      // An AVS header may stand where a Prism header was promised.
      if (all_.be32(at) >= 0x80211001 && all_.be32(at) <= 0x80211003) size = all_.be32(at + 4);
      break;
    case link_type::kWifiAvs:
      size = all_.be32(at + 4);
      break;
    case link_type::kPpi:
      size = all_.le16(at + 2);
      inner = all_.le32(at + 4);
      break;
    default:  // PKTAP: lengths in the byte order of the host, which is little-endian
      size = all_.le32(at);
      inner = all_.le32(at + 8);
      break;
  }
  if (size < 8 || !has(at, size)) return damaged();
  // A header inside a header of the same kind would go round: the bound on layers ends it.
  link_type_ = canonical_link_type(static_cast<std::uint16_t>(inner));
  if (inner > 0xffff) return stop({"link type", link_type_});
  go(Layer::kLink, at + size);
}

}  // namespace capstan
