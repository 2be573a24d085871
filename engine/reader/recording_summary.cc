#include "engine/reader/recording_summary.h"

#include <algorithm>

namespace capstan {

namespace {

double per_second(std::uint64_t count, std::uint64_t duration_ns) noexcept {
  return duration_ns == 0 ? 0 : static_cast<double>(count) * 1e9 / static_cast<double>(duration_ns);
}

// The part of the summary that every packet touches.
struct PacketTotals {
  std::uint64_t captured_bytes = 0;
  std::uint64_t wire_bytes = 0;
  std::uint64_t truncated = 0;
  std::uint64_t first_ns = ~std::uint64_t{0};
  std::uint64_t last_ns = 0;
  std::uint64_t previous_ns = 0;
  bool in_time_order = true;
  bool zero_is_a_time = false;
  std::vector<std::uint64_t> by_interface;

  void add(const PacketView& packet) {
    captured_bytes += packet.caplen;
    wire_bytes += packet.wirelen;
    truncated += packet.caplen < packet.wirelen ? 1 : 0;
    if (packet.interface_id >= by_interface.size()) by_interface.resize(packet.interface_id + 1);
    ++by_interface[packet.interface_id];
    if (packet.timestamp_ns == 0 && !zero_is_a_time) return;
    first_ns = std::min(first_ns, packet.timestamp_ns);
    last_ns = std::max(last_ns, packet.timestamp_ns);
    in_time_order = in_time_order && packet.timestamp_ns >= previous_ns;
    previous_ns = packet.timestamp_ns;
  }
};

PacketTotals read_through(CaptureFile& file, LossAccount& loss, RecordingSummary& summary) {
  PacketTotals totals;
  // In pcapng a Simple Packet Block has no time and reads as 0; in pcap every packet has one.
  totals.zero_is_a_time = file.format().kind == CaptureFormat::Kind::kPcap;
  PacketView packet;
  while (true) {
    const ReadItem item = file.next_item(packet);
    if (item == ReadItem::kEnd) return totals;
    if (item == ReadItem::kPacket) {
      totals.add(packet);
      loss.add_packet(packet);
      continue;
    }
    loss.add_item(item, file, file.item_offset());
    if (item != ReadItem::kEvent) continue;
    if (summary.events.size() < kMaxEvents) {
      summary.events.push_back(file.event());
    } else {
      ++summary.events_omitted;
    }
  }
}

}  // namespace

double RecordingSummary::packets_per_second() const noexcept {
  return per_second(packets, duration_ns());
}

double RecordingSummary::bits_per_second() const noexcept {
  return per_second(wire_bytes * 8, duration_ns());
}

bool RecordingSummary::damaged() const noexcept {
  const bool ends_badly = !end.clean() && !(being_written && end.kind == FileEnd::Kind::kCutShort);
  return ends_badly || !loss.problems.empty();
}

RecordingSummary summarize(CaptureFile& file) {
  LossAccount loss;
  RecordingSummary summary;
  const PacketTotals totals = read_through(file, loss, summary);
  summary.name = file.name();
  summary.format = file.format();
  summary.size_bytes = file.size_bytes();
  summary.being_written = file.being_written();
  summary.sections = file.sections();
  summary.captured_bytes = totals.captured_bytes;
  summary.wire_bytes = totals.wire_bytes;
  summary.truncated_packets = totals.truncated;
  summary.in_time_order = totals.in_time_order;
  summary.end = file.end();
  if (totals.first_ns <= totals.last_ns) {
    summary.first_ns = totals.first_ns;
    summary.last_ns = totals.last_ns;
  }
  for (std::size_t i = 0; i < file.interfaces().size(); ++i) {
    const std::uint64_t packets = i < totals.by_interface.size() ? totals.by_interface[i] : 0;
    summary.interfaces.push_back({file.interfaces()[i], packets});
    summary.packets += packets;
  }
  summary.loss = loss.finish({file.end().clean(), file.being_written()});
  return summary;
}

}  // namespace capstan
