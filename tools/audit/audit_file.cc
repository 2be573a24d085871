#include "tools/audit/audit_file.h"

#include "engine/flow/packet_sorter.h"
#include "engine/reader/capture_file.h"
#include "engine/reader/loss_account.h"
#include "engine/reader/set_reader.h"

namespace capstan::tools {

namespace {

// The way of a packet from a reader to the auditor: the filter, the limit, the account of its
// input, the order of times.
class Admission {
 public:
  // `copy`: a packet is the reader's until the next.
  Admission(std::optional<PacketFilter>& filter, audit::Auditor& auditor, std::int64_t& left,
            bool copy)
      : filter_(filter), emit_{auditor}, left_(left), sorter_(copy) {}

  bool wants_more() const noexcept { return left_ != 0; }
  void admit(const PacketView& packet, AuditedInput& input) {
    if (filter_ && !filter_->matches(packet)) {
      ++input.filtered;
      return;
    }
    if (left_ > 0) --left_;
    ++input.packets;
    input.note_time(packet.timestamp_ns);
    sorter_.add(packet, emit_);
  }
  // No more will come. Returns how many were put in order.
  std::uint64_t finish() {
    sorter_.flush(emit_);
    return sorter_.put_in_order();
  }

 private:
  struct Emit {
    audit::Auditor& auditor;
    void operator()(std::span<const PacketView> packets) const { auditor.on_packets(packets); }
  };

  std::optional<PacketFilter>& filter_;
  Emit emit_;
  std::int64_t& left_;
  PacketSorter sorter_;
};

// The next packet; what else stands in the file goes into the account of what it lost.
bool next_packet(CaptureFile& file, LossAccount& loss, PacketView& packet) {
  while (true) {
    const ReadItem item = file.next_item(packet);
    if (item == ReadItem::kEnd) return false;
    if (item == ReadItem::kPacket) {
      loss.add_packet(packet);
      return true;
    }
    loss.add_item(item, file, file.item_offset());
  }
}

}  // namespace

AuditedInput audit_file(const std::string& path, std::optional<PacketFilter>& filter,
                        audit::Auditor& auditor, std::int64_t& left) {
  CaptureFile file = CaptureFile::open(path);
  AuditedInput input;
  input.name = path == "-" ? "standard input" : path;
  LossAccount loss;
  Admission admission(filter, auditor, left, !file.packets_stay_valid());
  PacketView packet;
  bool ended = false;
  while (admission.wants_more() && !ended) {
    ended = !next_packet(file, loss, packet);
    if (!ended) admission.admit(packet, input);
  }
  input.reordered = admission.finish();
  input.stopped = !ended;
  if (ended && !file.end().clean() && !file.being_written()) input.damage = file.end().text();
  const LossReport report =
      loss.finish({ended && file.end().clean(), file.being_written() || !ended});
  input.lost = report.dropped + report.interface_dropped;
  input.missing = report.missing;
  return input;
}

namespace {

AuditedInput input_of(const SetFile& file, const FileOutcome& outcome) {
  AuditedInput input;
  input.name = file.path == "-" ? "standard input" : file.path;
  switch (outcome.state) {
    case FileOutcome::State::kUnreadable:
      input.trouble = outcome.error;
      break;
    case FileOutcome::State::kNotReached:
      input.stopped = true;
      break;
    case FileOutcome::State::kIgnored:
    case FileOutcome::State::kPlanned:
      break;
    case FileOutcome::State::kRead:
      if (!outcome.end.clean() && !outcome.being_written) input.damage = outcome.end.text();
      break;
  }
  input.lost = outcome.loss.dropped + outcome.loss.interface_dropped;
  input.missing = outcome.loss.missing;
  return input;
}

}  // namespace

std::vector<AuditedInput> audit_set(const RecordingSet& set, std::optional<PacketFilter>& filter,
                                    audit::Auditor& auditor, std::int64_t& left) {
  SetReader reader(set, {});
  Admission admission(filter, auditor, left, true);
  std::vector<AuditedInput> seen(set.files.size());
  SetPacket one;
  bool ended = false;
  while (admission.wants_more() && !ended) {
    ended = !reader.next(one);
    if (!ended) admission.admit(one.packet, seen[one.file]);
  }
  const std::uint64_t reordered = admission.finish();
  reader.finish();
  std::vector<AuditedInput> inputs;
  for (std::size_t file = 0; file < set.files.size(); ++file) {
    const FileOutcome& outcome = reader.outcomes()[file];
    if (outcome.state == FileOutcome::State::kIgnored) continue;
    AuditedInput input = input_of(set.files[file], outcome);
    input.packets = seen[file].packets;
    input.filtered = seen[file].filtered;
    input.first_ns = seen[file].first_ns;
    input.last_ns = seen[file].last_ns;
    input.stopped = input.stopped || !ended;
    if (!ended) input.damage.clear();  // not read so far
    inputs.push_back(std::move(input));
  }
  if (!inputs.empty()) inputs.front().reordered = reordered;
  for (const SetTrouble& trouble : set.troubles) {
    inputs.push_back({});
    inputs.back().name = trouble.path;
    inputs.back().trouble = trouble.text;
  }
  return inputs;
}

}  // namespace capstan::tools
