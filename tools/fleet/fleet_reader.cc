#include "tools/fleet/fleet_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/core/errors.h"

namespace capstan::fleet::asking {

FleetReader::FleetReader(const FleetFile& fleet, const SensorQuestion& question,
                         const TableAnswer* tables, SetListener& listener, const FleetEnds& ends)
    : listener_(listener), ends_(ends), question_(question), lanes_(fleet.sensors.size()) {
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    const Sensor& sensor = fleet.sensors[i];
    const std::vector<TableFile>* files = nullptr;
    if (tables != nullptr) {
      const auto found = tables->files.find(sensor.name);
      if (found != tables->files.end()) files = &found->second;
    }
    lanes_[i].fetch = std::make_unique<SensorFetch>(fleet, sensor, question_, files, ends.asking);
  }
}

void FleetReader::open(std::size_t index) {
  Lane& lane = lanes_[index];
  try {
    lane.capture.emplace(
        CaptureFile::from_stream(std::make_unique<SpoolStream>(lane.fetch->spool()), "the answer"));
    if (lane.capture->format().kind != CaptureFormat::Kind::kPcapng) {
      lane.read.trouble = "the answer is classic pcap";
      lane.capture.reset();
    }
  } catch (const UsageError& error) {
    lane.read.trouble = error.what();
  }
  if (!lane.capture) {
    lane.ended = true;
    return;
  }
  lane.read.begun = true;
  lane.capture->report_others(true);
  if (advance(index)) order_.put(index, lane.packet.timestamp_ns);
}

// The merge takes each sensor's packets as they come. One that sends them in another order than
// that of their times puts them into the answer so, and is said to.
void FleetReader::note_time(Lane& lane) {
  const std::uint64_t time_ns = lane.packet.timestamp_ns;
  if (time_ns < lane.newest_ns) {
    ++lane.read.late_packets;
    lane.read.late_by_ns = std::max(lane.read.late_by_ns, lane.newest_ns - time_ns);
  }
  lane.newest_ns = std::max(lane.newest_ns, time_ns);
}

// Reads the lane's next packet. False at its end, or when nothing more is wanted.
bool FleetReader::advance(std::size_t index) {
  Lane& lane = lanes_[index];
  while (true) {
    const ReadItem item = lane.capture->next_item(lane.packet);
    if (item == ReadItem::kPacket) {
      note_time(lane);
      return true;
    }
    if (item != ReadItem::kEnd) {
      listener_.on_item(static_cast<std::uint32_t>(index), item, *lane.capture);
      if (ends_.reading.load(std::memory_order_relaxed)) return false;
      continue;
    }
    const FileEnd& end = lane.capture->end();
    lane.ended = true;
    lane.read.clean = end.clean();
    if (end.kind == FileEnd::Kind::kDamaged) lane.read.trouble = end.text();
    return false;
  }
}

bool FleetReader::next(SetPacket& packet) {
  if (!begun_) {
    begun_ = true;
    for (std::size_t i = 0; i < lanes_.size(); ++i) open(i);
  }
  while (!order_.empty() && !ends_.reading.load(std::memory_order_relaxed)) {
    const std::size_t index = order_.first();
    Lane& lane = lanes_[index];
    if (has_current_) {
      has_current_ = false;
      if (advance(index)) {
        order_.advance_first(lane.packet.timestamp_ns);
      } else {
        order_.remove_first();
      }
      continue;
    }
    packet = {lane.packet, lane.capture->item_bytes(), lane.capture->item_offset(),
              static_cast<std::uint32_t>(index), lane.capture->sections().back().byte_swapped};
    has_current_ = true;
    ++lane.read.packets;
    lane.read.bytes += lane.packet.caplen;
    return true;
  }
  return false;
}

std::vector<SensorResult> FleetReader::finish() {
  std::vector<SensorResult> results;
  for (Lane& lane : lanes_) {
    // Read, but not delivered: behind a limit of the user's.
    lane.read.cut_here = !lane.ended;
    results.push_back(lane.fetch->result(lane.read));
    lane.fetch.reset();
  }
  return results;
}

}  // namespace capstan::fleet::asking
