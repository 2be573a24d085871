#include "engine/reader/file_cursor.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace capstan {

namespace {

// Of an interface that was silent for so much of the file nothing is waited for: more than the
// rings of a recorder hold, and what they hold is all that one can be behind another.
constexpr std::uint64_t kSilentBytes = std::uint64_t{64} << 20;
// What waits in memory at most. Beyond it the earliest packet goes.
constexpr std::uint64_t kMostHeldBytes = std::uint64_t{64} << 20;
// Files with more interfaces are taken as they stand: no recorder makes them.
constexpr std::size_t kMostLanes = 256;
constexpr std::uint32_t kStopCheckPackets = 4096;

CaptureFile open_planned(const std::string& path, const SetReaderOptions& options,
                         const FilePlan& plan) {
  return plan.ranges ? CaptureFile::open_ranges(path, *plan.ranges)
                     : CaptureFile::open(path, options.manner, options.stop);
}

}  // namespace

FileCursor::FileCursor(const SetFile& file, std::uint32_t index, const SetReaderOptions& options,
                       FilePlan plan)
    : options_(options),
      plan_(std::move(plan)),
      index_(index),
      capture_(open_planned(file.path, options, plan_)) {
  capture_.report_others(options.report_others);
  outcome_.being_written = capture_.being_written();
  outcome_.state = plan_.ranges ? FileOutcome::State::kPlanned : FileOutcome::State::kRead;
  zero_is_a_time_ = capture_.format().kind == CaptureFormat::Kind::kPcap;
}

std::uint64_t FileCursor::file_offset() const noexcept {
  return plan_.ranges ? offset_in_file(*plan_.ranges, capture_.item_offset())
                      : capture_.item_offset();
}

bool FileCursor::next() {
  while (true) {
    if (held_packets_ != 0 && release()) return true;
    if (at_end_) return false;
    const Step step = read_on();
    if (step == Step::kWanted) return true;
    if (step == Step::kEnd) at_end_ = true;
  }
}

bool FileCursor::told_to_stop() noexcept {
  if (++until_stop_check_ < kStopCheckPackets) return false;
  until_stop_check_ = 0;
  stopped_ = options_.stop != nullptr && options_.stop->load(std::memory_order_relaxed);
  if (stopped_) {
    lanes_.clear();
    held_packets_ = 0;
  }
  return stopped_;
}

// Reads until a packet is wanted, or until one that waits may have become free to go.
FileCursor::Step FileCursor::read_on() {
  PacketView packet;
  while (!told_to_stop()) {
    const ReadItem item = capture_.next_item(packet);
    if (item == ReadItem::kEnd) {
      stopped_ = options_.stop != nullptr && options_.stop->load(std::memory_order_relaxed);
      return Step::kEnd;
    }
    if (item != ReadItem::kPacket) [[unlikely]] {
      note_item(item);
      if (draining_) return Step::kHeld;
      continue;
    }
    const bool wanted = note_packet(packet);
    Lane* const lane = lane_of(packet.interface_id);
    if (lane != nullptr) {
      lane->newest_ns = packet.timestamp_ns;
      lane->newest_offset = capture_.item_offset();
    }
    if (wanted) {
      packet_ = {packet, capture_.item_bytes(), file_offset(), index_,
                 capture_.sections().back().byte_swapped};
      if (lane == nullptr) return Step::kWanted;
      hold(*lane);
    }
    if (held_packets_ != 0) return Step::kHeld;
  }
  return Step::kEnd;
}

void FileCursor::note_item(ReadItem item) {
  if (item == ReadItem::kSection) {
    draining_ = held_packets_ != 0;
    if (!draining_) lanes_.clear();
    first_interface_ = capture_.interfaces().size();
  } else if (item == ReadItem::kStatistics) {
    last_statistics_ns_ = std::max(last_statistics_ns_, capture_.statistics().timestamp_ns);
  }
  loss_.add_item(item, capture_, file_offset());
  if (options_.listener != nullptr) options_.listener->on_item(index_, item, capture_);
}

// Whether the packet is wanted.
bool FileCursor::note_packet(const PacketView& packet) {
  ++outcome_.packets;
  loss_.add_packet(packet);
  const std::uint64_t time_ns = packet.timestamp_ns;
  if (time_ns != 0 || zero_is_a_time_) {
    if (outcome_.first_ns == 0 || time_ns < outcome_.first_ns) outcome_.first_ns = time_ns;
    outcome_.last_ns = std::max(outcome_.last_ns, time_ns);
  }
  return options_.range.contains(time_ns) && (!options_.accept || options_.accept(packet));
}

FileCursor::Lane* FileCursor::lane_of(std::uint32_t interface_id) {
  const std::size_t count = capture_.interfaces().size() - first_interface_;
  if (count < 2 || count > kMostLanes) [[likely]]
    return nullptr;
  if (lanes_.size() < count) lanes_.resize(count);
  return &lanes_[interface_id - first_interface_];
}

void FileCursor::hold(Lane& lane) {
  Held held;
  held.packet = packet_;
  // Packets of formats without blocks lie alone.
  const std::span<const std::uint8_t> from =
      packet_.block.empty()
          ? std::span<const std::uint8_t>(packet_.packet.data, packet_.packet.caplen)
          : packet_.block;
  held.size = from.size();
  held.bytes = std::make_unique_for_overwrite<std::uint8_t[]>(from.size());
  if (!from.empty()) std::memcpy(held.bytes.get(), from.data(), from.size());
  held.packet.packet.data = held.bytes.get() + (packet_.packet.data - from.data());
  if (!packet_.block.empty()) held.packet.block = {held.bytes.get(), held.size};
  held_bytes_ += held.size;
  ++held_packets_;
  lane.held.push_back(std::move(held));
}

// Whether nothing that is still to come can be earlier.
bool FileCursor::may_go(std::uint64_t time_ns) const noexcept {
  if (at_end_ || draining_ || held_bytes_ > kMostHeldBytes) return true;
  const std::uint64_t here = capture_.item_offset();
  return std::all_of(lanes_.begin(), lanes_.end(), [&](const Lane& lane) {
    return !lane.held.empty() || lane.newest_ns >= time_ns ||
           here - lane.newest_offset > kSilentBytes;
  });
}

bool FileCursor::release() {
  Lane* earliest = nullptr;
  for (Lane& lane : lanes_) {
    if (lane.held.empty()) continue;
    if (earliest == nullptr || lane.held.front().packet.packet.timestamp_ns <
                                   earliest->held.front().packet.packet.timestamp_ns) {
      earliest = &lane;
    }
  }
  if (earliest == nullptr || !may_go(earliest->held.front().packet.packet.timestamp_ns)) {
    return false;
  }
  current_ = std::move(earliest->held.front());
  earliest->held.pop_front();
  packet_ = current_.packet;
  held_bytes_ -= current_.size;
  if (--held_packets_ == 0 && draining_) {
    draining_ = false;
    lanes_.clear();
  }
  return true;
}

FileOutcome FileCursor::outcome() {
  outcome_.end = capture_.end();
  outcome_.bytes = capture_.item_offset();
  if (plan_.ranges) {
    outcome_.loss = plan_.loss_known ? std::move(plan_.loss) : loss_.finish({});
    outcome_.first_ns = plan_.first_ns;
    outcome_.last_ns = plan_.last_ns;
    return std::move(outcome_);
  }
  outcome_.loss = loss_.finish({outcome_.end.clean(), capture_.being_written()});
  // Times that the ledger leaves open are the file's own.
  for (LossSpan& span : outcome_.loss.spans) {
    if (span.from_ns == 0) span.from_ns = outcome_.first_ns;
    if (span.to_ns == 0) span.to_ns = std::max(outcome_.last_ns, last_statistics_ns_);
  }
  return std::move(outcome_);
}

}  // namespace capstan
