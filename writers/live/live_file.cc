#include "writers/live/live_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "engine/block/packet_walk.h"
#include "engine/core/read_ahead.h"
#include "engine/core/read_all.h"
#include "engine/core/unique_fd.h"
#include "engine/index/file_identity.h"
#include "engine/index/index_sections.h"
#include "engine/reader/capture_file.h"

namespace capstan {

namespace {

// An index block ends in front of the first block head behind so many bytes, as in index_recording.
constexpr std::uint64_t kLeastBlockBytes = 1U << 19;
// More than that between the blocks of a ring are blocks that were not told of.
constexpr std::uint64_t kMostBetweenBytes = 64U << 20;

}  // namespace

bool LiveFile::take_place(const PlacedBlock& place) {
  understood_ = understood_ && place.offset >= end_ && place.length >= sizeof(BlockHead);
  if (!understood_) return false;
  end_ = place.offset + place.length;
  return true;
}

void LiveFile::end_block(std::uint64_t end) {
  if (end <= block_.offset) return;
  block_.length_bytes = end - block_.offset;
  builder_.end_block(block_);
  block_ = {};
  block_.offset = end;
}

void LiveFile::add(const PlacedBlock& place, std::span<const std::uint8_t> bytes,
                   std::span<const std::uint16_t> link_types) {
  if (!take_place(place)) return;
  if (place.offset - block_.offset >= kLeastBlockBytes) end_block(place.offset);
  block_.ring = place.head.ring;
  Told told{place};
  PacketWalk walk(bytes, link_types);
  PacketView packet;
  ReadAhead ahead;
  std::uint32_t packets = 0;
  while (walk.next(packet)) {
    ahead.at(packet.data);
    if (packets++ == 0) told.first_ns = packet.timestamp_ns;
    if (packet.dropped_before != 0 && told.drop_count == 0) {
      told.drop_ns = packet.timestamp_ns;
      told.drop_count = packet.dropped_before;
    }
    told.last_ns = packet.timestamp_ns;
    builder_.add_packet(packet);
  }
  understood_ = walk.end() == WalkEnd::kComplete && packets == place.packets;
  told_.push_back(told);
}

void LiveFile::skip(const PlacedBlock& place) {
  if (!take_place(place)) return;
  end_block(place.offset);
  IndexBlock skipped;
  skipped.offset = place.offset;
  skipped.length_bytes = place.length;
  skipped.packets = place.packets;
  skipped.ring = place.head.ring;
  builder_.skip_block(skipped);
  block_.offset = end_;
  ++skipped_;
  Told told{place};
  told.place.head.packet_count = place.packets;
  told_.push_back(told);
}

// Everything that lies between the blocks, without a packet.
bool LiveFile::read_between(const FinishedFile& file, IndexedFile& indexed) {
  std::vector<ByteRange> ranges;
  std::uint64_t at = 0;
  std::uint64_t bytes = 0;
  const auto add = [&](std::uint64_t to) {
    if (to > at) ranges.push_back({at, to - at});
    bytes += to - at;
  };
  for (const Told& told : told_) {
    add(told.place.offset);
    at = told.place.offset + told.place.length;
  }
  if (at > file.size_bytes) return false;  // the end did not fit
  add(file.size_bytes);
  if (bytes > kMostBetweenBytes) return false;
  CaptureFile reader = CaptureFile::open_ranges(file.path, ranges);
  PacketView packet;
  for (ReadItem item = reader.next_item(packet); item != ReadItem::kEnd;
       item = reader.next_item(packet)) {
    const std::uint64_t offset = offset_in_file(ranges, reader.item_offset());
    if (item == ReadItem::kPacket) return false;
    if (item == ReadItem::kSection) {
      indexed.sections.push_back({offset, {}});
      section_ = reader.sections().back();
      continue;
    }
    Between between{offset, item, {}, {}, {}, {}, {}};
    if (item == ReadItem::kBlockHead) between.head = reader.block_head();
    if (item == ReadItem::kStatistics) {
      between.statistics = reader.statistics();
      between.interface = reader.interfaces()[between.statistics.interface_id].name;
    }
    if (item == ReadItem::kFileClose) between.close = reader.file_close();
    if (item == ReadItem::kInterface) between.described = reader.interfaces().back();
    if (item == ReadItem::kInterface && !indexed.sections.empty()) {
      indexed.sections.back().interfaces.push_back({offset, 0, between.described.link_type});
    }
    between_.push_back(between);
  }
  if (!reader.end().clean() || indexed.sections.size() != 1) return false;
  indexed.whole = true;
  indexed.end_offset = file.size_bytes;
  const UniqueFd fd(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return false;
  measure_interfaces(indexed, reader.sections(),
                     [&fd](std::uint64_t from, std::uint8_t* to, std::size_t size) {
                       return pread_all(fd.get(), {to, size}, from) == 0;
                     });
  const std::optional<FileIdentity> identity = identify_file(fd.get(), true);
  if (!identity || identity->size_bytes != file.size_bytes) return false;
  indexed.identity = *identity;
  return true;
}

void LiveFile::add_to_ledgers(LedgerGain& gain, LossAccount& account, const Told& told) {
  gain.add_head(told.place.head);
  account.add_head(told.place.head, told.place.offset);
  account.add_packets(told.place.packets);
  if (told.first_ns == 0) return;
  const bool drop_is_first = told.drop_count != 0 && told.drop_ns == told.first_ns;
  gain.add_packet(told.first_ns, drop_is_first ? told.drop_count : 0);
  if (told.drop_count != 0 && !drop_is_first) gain.add_packet(told.drop_ns, told.drop_count);
  gain.add_packet(told.last_ns, 0);
}

void LiveFile::add_to_ledgers(LedgerGain& gain, LossAccount& account, const Between& between) {
  if (between.item == ReadItem::kInterface) account.add_interface(between.described);
  if (between.item == ReadItem::kStatistics) {
    account.add_statistics(between.statistics, between.interface);
  }
  if (between.item == ReadItem::kFileClose) account.add_close(between.close);
  if (between.item != ReadItem::kBlockHead) return;
  gain.add_head(between.head);
  account.add_head(between.head, between.offset);
}

// Walks the blocks of the index with what was told and what was read, all by offset.
void LiveFile::set_ledgers(IndexedFile& indexed) {
  LedgerGain gain;
  gain.begin_section();
  LossAccount account;
  account.begin_section(section_);
  auto told = told_.begin();
  auto between = between_.begin();
  std::uint32_t interfaces = 0;
  for (IndexBlock& block : builder_.blocks()) {
    const std::uint64_t end = block.offset + block.length_bytes;
    block.interfaces = interfaces;
    while (true) {
      const bool has_told = told != told_.end() && told->place.offset < end;
      const bool has_between = between != between_.end() && between->offset < end;
      if (!has_told && !has_between) break;
      if (has_told && (!has_between || told->place.offset < between->offset)) {
        block.ring = told->place.head.ring;
        add_to_ledgers(gain, account, *told++);
        continue;
      }
      if (between->item == ReadItem::kBlockHead) block.ring = between->head.ring;
      if (between->item == ReadItem::kInterface) ++interfaces;
      add_to_ledgers(gain, account, *between++);
    }
    gain.take(block);
  }
  take_losses(account.finish({}), indexed);
}

std::optional<LiveIndex> LiveFile::finish(const FinishedFile& file) {
  IndexedFile indexed;
  if (!understood_ || !read_between(file, indexed)) return std::nullopt;
  const auto closing = std::find_if(between_.begin(), between_.end(), [this](const Between& one) {
    return one.item == ReadItem::kBlockHead && one.offset >= end_ &&
           one.offset - block_.offset >= kLeastBlockBytes;
  });
  if (closing != between_.end()) end_block(closing->offset);
  end_block(file.size_bytes);
  for (IndexBlock& block : builder_.blocks()) {
    if (!block.skipped) continue;
    block.first_ns = file.first_ns;
    block.last_ns = file.last_ns;
  }
  set_ledgers(indexed);
  LiveIndex index;
  index.skipped_blocks = skipped_;
  index.bytes = builder_.finish(indexed);
  return index;
}

}  // namespace capstan
