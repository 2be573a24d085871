// What a LossAccount takes of a file beside its packets, and what Interface Statistics Blocks add
// to it: all that a file of another program counts, and of a recording what the network cards
// dropped.
#include <algorithm>
#include <utility>

#include "engine/reader/capture_file.h"
#include "engine/reader/loss_account.h"

namespace capstan {

void LossAccount::add_item(ReadItem item, const CaptureFile& file, std::uint64_t offset) {
  switch (item) {
    case ReadItem::kSection:
      begin_section(file.sections().back());
      break;
    case ReadItem::kInterface:
      add_interface(file.interfaces().back());
      break;
    case ReadItem::kStatistics:
      add_statistics(file.statistics(), file.interfaces()[file.statistics().interface_id].name);
      break;
    case ReadItem::kBlockHead:
      add_head(file.block_head(), offset);
      break;
    case ReadItem::kFileClose:
      add_close(file.file_close());
      break;
    case ReadItem::kPacket:
    case ReadItem::kEvent:
    case ReadItem::kOther:
    case ReadItem::kEnd:
      break;
  }
}

void LossAccount::add_interface(const FileInterface& interface) {
  if (++section_interfaces_ != 1) return;
  const auto ring = parse_ring_text(interface.description);
  first_ring_ = ring.value_or(RingOfInterface{});
  first_interface_ = interface.name;
}

void LossAccount::end_place() {
  report_.recording.reset();
  if (!mark_) return;
  RecordingPlace place{*mark_, {}, {}};
  if (section_interfaces_ == 1) {
    place.interface = first_interface_;
    place.ring = first_ring_;
  }
  if (last_place_ && *last_place_ != place) report_.place_unknown = true;
  last_place_ = place;
  if (place.mark.id != decltype(place.mark.id){}) report_.recording = std::move(place);
}

void LossAccount::add_statistics(const InterfaceStatistics& statistics,
                                 const std::string& interface_name) {
  if (closing_ring_) rings_[*closing_ring_].closed = true;
  closing_ring_.reset();
  const std::uint32_t id = statistics.interface_id;
  if (!interfaces_.contains(id) && interfaces_.size() == kMaxSources) return;
  Interface& interface = interfaces_[id];
  interface.name = interface_name;
  const std::uint64_t before = interface.dropped_by_os + interface.dropped_by_interface;
  if (statistics.os_dropped) interface.dropped_by_os = *statistics.os_dropped;
  if (statistics.interface_dropped) interface.dropped_by_interface = *statistics.interface_dropped;
  if (statistics.interface_received) interface.received = *statistics.interface_received;
  interface.counts_drops = interface.counts_drops || statistics.os_dropped.has_value() ||
                           statistics.interface_dropped.has_value();
  const std::uint64_t after = interface.dropped_by_os + interface.dropped_by_interface;
  const std::uint64_t from =
      interface.at_ns != 0 ? interface.at_ns : statistics.start_ns.value_or(0);
  if (after > before) {
    add_span(statistics_spans_, {id, from, statistics.timestamp_ns, after - before});
  }
  interface.at_ns = statistics.timestamp_ns;
}

// The rings' own drops are in the ledger; what the card dropped is only in the statistics blocks. A
// ring is an interface of the file, and each of one card's rings says what all of the card dropped.
void LossAccount::add_interface_drops() {
  std::map<std::string, std::uint64_t> by_name;
  for (const auto& [id, interface] : interfaces_) {
    const std::uint64_t dropped = interface.dropped_by_interface;
    if (interface.name.empty()) {
      report_.interface_dropped += dropped;
    } else {
      std::uint64_t& of_card = by_name[interface.name];
      of_card = std::max(of_card, dropped);
    }
  }
  for (const auto& [name, dropped] : by_name) {
    report_.interface_dropped += dropped;
    report_.interface_drops[name] += dropped;
  }
}

void LossAccount::end_statistics_section() {
  for (const auto& [id, interface] : interfaces_) {
    report_.received += interface.received;
    report_.dropped += interface.dropped_by_os;
    report_.interface_dropped += interface.dropped_by_interface;
  }
  for (const LossSpan& span : statistics_spans_) add_span(report_.spans, span);
}

}  // namespace capstan
