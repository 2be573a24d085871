#include "tools/audit/audit_file.h"

#include "engine/flow/packet_sorter.h"
#include "engine/reader/capture_file.h"
#include "engine/reader/loss_account.h"

namespace capstan::tools {

namespace {

// The next packet; what else stands in the file goes into the account of what it lost.
bool next_packet(CaptureFile& file, LossAccount& loss, PacketView& packet) {
  while (true) {
    switch (file.next_item(packet)) {
      case ReadItem::kPacket:
        loss.add_packet(packet);
        return true;
      case ReadItem::kSection:
        loss.begin_section(file.sections().back());
        break;
      case ReadItem::kStatistics:
        loss.add_statistics(file.statistics());
        break;
      case ReadItem::kBlockHead:
        loss.add_head(file.block_head(), file.item_offset());
        break;
      case ReadItem::kEnd:
        return false;
      case ReadItem::kInterface:
        loss.add_interface();
        break;
      case ReadItem::kEvent:
      case ReadItem::kOther:
        break;
      case ReadItem::kFileClose:
        loss.add_close(file.file_close());
        break;
    }
  }
}

}  // namespace

AuditedInput audit_file(const std::string& path, std::optional<PacketFilter>& filter,
                        audit::Auditor& auditor, std::int64_t& left) {
  CaptureFile file = CaptureFile::open(path);
  AuditedInput input;
  input.name = path == "-" ? "standard input" : path;
  LossAccount loss;
  PacketSorter sorter(!file.packets_stay_valid());
  const auto emit = [&auditor](std::span<const PacketView> packets) {
    auditor.on_packets(packets);
  };
  PacketView packet;
  bool ended = false;
  while (left != 0) {
    if (!next_packet(file, loss, packet)) {
      ended = true;
      break;
    }
    if (filter && !filter->matches(packet)) {
      ++input.filtered;
      continue;
    }
    if (left > 0) --left;
    ++input.packets;
    input.note_time(packet.timestamp_ns);
    sorter.add(packet, emit);
  }
  sorter.flush(emit);
  input.reordered = sorter.put_in_order();
  input.stopped = !ended;
  if (ended && !file.end().clean() && !file.being_written()) input.damage = file.end().text();
  const LossReport report =
      loss.finish({ended && file.end().clean(), file.being_written() || !ended});
  input.lost = report.dropped + report.interface_dropped + report.missing;
  return input;
}

}  // namespace capstan::tools
