// What must hold for any bytes as a capture file: every packet lies inside the bytes, the file
// ends, and a stream that comes in small pieces gives exactly what the whole gives.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "engine/core/check.h"
#include "engine/core/errors.h"
#include "engine/reader/capture_file.h"

namespace capstan::fuzz {

// Borrowed bytes, `step` at a time.
class PieceStream final : public ByteStream {
 public:
  PieceStream(std::span<const std::uint8_t> bytes, std::size_t step) : bytes_(bytes), step_(step) {}
  std::size_t read(std::uint8_t* to, std::size_t size) override {
    const std::size_t count = std::min({size, step_, bytes_.size()});
    if (count > 0) std::memcpy(to, bytes_.data(), count);
    bytes_ = bytes_.subspan(count);
    return count;
  }
  const std::string& error() const noexcept override { return error_; }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t step_;
  std::string error_;
};

inline bool same_packet(const PacketView& a, const PacketView& b) {
  return a.caplen == b.caplen && a.wirelen == b.wirelen && a.timestamp_ns == b.timestamp_ns &&
         a.interface_id == b.interface_id && a.link_type == b.link_type &&
         a.direction == b.direction && a.dropped_before == b.dropped_before &&
         (a.caplen == 0 || std::memcmp(a.data, b.data, a.caplen) == 0);
}

inline void check_packet(const PacketView& packet, std::span<const std::uint8_t> bytes,
                         const CaptureFile& file) {
  CAPSTAN_CHECK(packet.data >= bytes.data());
  CAPSTAN_CHECK(packet.data + packet.caplen <= bytes.data() + bytes.size());
  CAPSTAN_CHECK(packet.wirelen >= packet.caplen, packet.wirelen, packet.caplen);
  CAPSTAN_CHECK(packet.interface_id < file.interfaces().size(), packet.interface_id);
}

inline void check_reader(std::span<const std::uint8_t> bytes) {
  std::optional<CaptureFile> whole;
  std::optional<CaptureFile> pieces;
  const std::size_t step = bytes.empty() ? 1 : 1 + bytes.back();
  try {
    whole.emplace(CaptureFile::from_bytes(bytes, "fuzz"));
  } catch (const UsageError&) {
  }
  try {
    pieces.emplace(CaptureFile::from_stream(std::make_unique<PieceStream>(bytes, step), "fuzz"));
  } catch (const UsageError&) {
  }
  CAPSTAN_CHECK(whole.has_value() == pieces.has_value());
  if (!whole) return;
  PacketView packet;
  PacketView same;
  while (true) {
    const ReadItem item = whole->next_item(packet);
    CAPSTAN_CHECK(item == pieces->next_item(same), item);
    CAPSTAN_CHECK(whole->item_offset() == pieces->item_offset(), whole->item_offset());
    CAPSTAN_CHECK(whole->item_offset() <= bytes.size(), whole->item_offset());
    if (item == ReadItem::kEnd) break;
    if (item != ReadItem::kPacket) continue;
    check_packet(packet, bytes, *whole);
    CAPSTAN_CHECK(same_packet(packet, same));
  }
  CAPSTAN_CHECK(whole->end().text() == pieces->end().text());
  CAPSTAN_CHECK(whole->end().kind != FileEnd::Kind::kNotYet);
  CAPSTAN_CHECK(!whole->end().clean() || whole->end().offset == bytes.size());
}

}  // namespace capstan::fuzz
