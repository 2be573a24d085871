#include "writers/repair/recording_scan.h"

#include <algorithm>

#include "engine/block/packet_walk.h"
#include "engine/core/byte_order.h"
#include "engine/format/block_head.h"
#include "engine/format/pcapng.h"
#include "engine/reader/capture_file.h"

namespace capstan {

namespace {

std::uint64_t next_aligned(std::uint64_t offset) noexcept {
  return (offset + kSalvageAlignment - 1) / kSalvageAlignment * kSalvageAlignment;
}

// One past the last byte of `bytes` that is not zero; 0 when all are.
std::uint64_t end_of_data(std::span<const std::uint8_t> bytes) noexcept {
  const auto last =
      std::find_if(bytes.rbegin(), bytes.rend(), [](std::uint8_t byte) { return byte != 0; });
  return static_cast<std::uint64_t>(bytes.rend() - last);
}

constexpr std::uint64_t kPcapRecordHeadBytes = 16;

// A classic pcap record has no trailer to say that it is whole. Writes end at multiples of the
// alignment, so one whose bytes from such a multiple on are zeros, with zeros behind it, was cut
// there: the rest of it never reached the disk.
bool runs_into_unwritten(std::span<const std::uint8_t> bytes, std::uint64_t start,
                         std::uint64_t end) noexcept {
  const std::uint64_t written_end = start + end_of_data(bytes.subspan(start, end - start));
  return next_aligned(std::max(written_end, start + 1)) < end;
}

template <typename Order>
bool is_block_head(std::span<const std::uint8_t> at) noexcept {
  if (at.size() < kBlockHeadBytes1 || Order::load32(at.data()) != pcapng::kCapstanBlockHead) {
    return false;
  }
  const std::uint32_t magic = Order::load32(at.data() + offsetof(BlockHead, magic));
  return magic == kBlockHeadMagic || magic == kBlockHeadMagic1;
}

// The extents behind `start`, each found by a block head and walked to its end.
template <typename Order>
std::vector<RecordingExtent> find_behind(std::span<const std::uint8_t> bytes, std::uint64_t start,
                                         std::span<const std::uint16_t> link_types) {
  std::vector<RecordingExtent> found;
  for (std::uint64_t at = next_aligned(start); at < bytes.size();) {
    const std::span<const std::uint8_t> rest = bytes.subspan(at);
    RecordingExtent extent{at, 0, 0};
    if (is_block_head<Order>(rest)) {
      BasicPacketWalk<Order> walk(rest, link_types);
      PacketView packet;
      while (walk.next(packet)) ++extent.packets;
      extent.length = walk.offset();
    }
    if (extent.length > 0) found.push_back(extent);
    at = next_aligned(at + std::max<std::uint64_t>(extent.length, 1));
  }
  return found;
}

}  // namespace

std::uint64_t RecordingScan::behind_bytes() const noexcept {
  std::uint64_t bytes = 0;
  for (const RecordingExtent& extent : behind) bytes += extent.length;
  return bytes;
}

std::uint64_t RecordingScan::behind_packets() const noexcept {
  std::uint64_t packets = 0;
  for (const RecordingExtent& extent : behind) packets += extent.packets;
  return packets;
}

RecordingScan scan_recording(std::span<const std::uint8_t> bytes, std::uint64_t scan_end,
                             const std::string& name) {
  CaptureFile file = CaptureFile::from_bytes(bytes, name);
  RecordingScan scan{};
  PacketView packet;
  std::uint32_t last_caplen = 0;
  for (ReadItem item; (item = file.next_item(packet)) != ReadItem::kEnd;) {
    scan.closed = item == ReadItem::kFileClose;
    scan.has_ledger = scan.has_ledger || item == ReadItem::kBlockHead ||
                      (item == ReadItem::kSection && file.sections().back().recording.has_value());
    if (item != ReadItem::kPacket) continue;
    ++scan.whole.packets;
    last_caplen = packet.caplen;
  }
  scan.end = file.end();
  scan.whole.length = scan.end.offset;
  if (scan.end.in_zeros && file.format().kind == CaptureFormat::Kind::kPcap &&
      scan.whole.packets != 0) {
    const std::uint64_t start = scan.whole.length - last_caplen - kPcapRecordHeadBytes;
    if (runs_into_unwritten(bytes, start, scan.whole.length)) {
      scan.whole.length = scan.end.offset = start;
      --scan.whole.packets;
    }
  }
  if (!file.sections().empty()) scan.byte_swapped = file.sections().back().byte_swapped;
  const std::uint64_t data_limit =
      std::clamp<std::uint64_t>(scan_end, scan.whole.length, bytes.size());
  const std::span<const std::uint8_t> behind =
      bytes.subspan(scan.whole.length, data_limit - scan.whole.length);
  scan.data_end = scan.whole.length + end_of_data(behind);
  if (scan.end.clean() || file.format().kind != CaptureFormat::Kind::kPcapng ||
      file.sections().empty()) {
    return scan;
  }
  std::vector<std::uint16_t> link_types;  // of the section that the damage lies in
  for (const FileInterface& interface : file.interfaces()) {
    if (interface.section + 1 == file.sections().size()) link_types.push_back(interface.link_type);
  }
  // Not only up to data_end: the length that ends a block ends in zeros.
  const std::span<const std::uint8_t> data = bytes.first(data_limit);
  scan.behind = file.sections().back().byte_swapped
                    ? find_behind<SwappedOrder>(data, scan.whole.length + 1, link_types)
                    : find_behind<NativeOrder>(data, scan.whole.length + 1, link_types);
  for (const RecordingExtent& extent : scan.behind) {
    scan.data_end = std::max(scan.data_end, extent.offset + extent.length);
  }
  return scan;
}

}  // namespace capstan
