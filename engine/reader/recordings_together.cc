#include "engine/reader/recordings_together.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/format/ring_text.h"

namespace capstan {

namespace {

// Files of one output of a recording have this in common, and those of another have not: with
// --split-rings the name and the place of the only ring.
std::string output_of(const RecordingSummary& summary) {
  if (summary.interfaces.size() != 1) return {};
  const FileInterface& only = summary.interfaces.front().info;
  return only.name + '\n' + only.description;
}

}  // namespace

void RecordingsTogether::add(const RecordingSummary& summary) {
  ++files_;
  if (summary.first_ns) {
    first_ns_ = std::min(first_ns_.value_or(*summary.first_ns), *summary.first_ns);
    last_ns_ = std::max(last_ns_.value_or(*summary.last_ns), *summary.last_ns);
  }
  const LossReport& loss = summary.loss;
  std::string key;
  if (loss.recording) {
    key.assign(loss.recording->mark.id.begin(), loss.recording->mark.id.end());
  } else if (loss.stripes > 1) {
    key = fmt::format("stripes of {}", loss.stripes);
  } else {
    key = fmt::format("file {}", files_);
  }
  Group& group = groups_[key];
  group.marked = loss.recording.has_value();
  group.stripes = std::max(group.stripes, loss.stripes);
  Part part{summary.name, loss.recording ? loss.recording->mark.file_number : 1, summary.packets,
            loss};
  part.loss.rings.clear();
  part.loss.spans.clear();
  part.loss.interface_drops.clear();
  if (group.marked) {
    for (const auto& [name, dropped] : loss.interface_drops) {
      part.loss.interface_dropped -= dropped;
      group.interface_drops[name] = std::max(group.interface_drops[name], dropped);
    }
  }
  const std::string output = group.marked ? output_of(summary) : std::string();
  if (group.marked && loss.recording->ring.rings > 1) {
    Group::Rings& rings = group.split[loss.recording->interface];
    rings.here.insert(loss.recording->ring.ring);
    rings.all = std::max(rings.all, loss.recording->ring.rings);
  }
  group.outputs[output][loss.stripe].push_back(std::move(part));
}

void RecordingsTogether::weaken(TogetherReport& report, LossProof proof, std::string reason) {
  report.proof = std::min(report.proof, proof);
  if (report.reasons.size() < kMaxReasons) report.reasons.push_back(std::move(reason));
}

// Whether its files follow one another up to the recording's end.
void RecordingsTogether::judge_stripe(const Group& group, const Stripes& all, std::uint32_t stripe,
                                      TogetherReport& report) {
  const std::string which =
      group.stripes == 1 ? "the recording" : fmt::format("stripe {} of {}", stripe, group.stripes);
  const auto found = all.find(stripe);
  if (found == all.end()) {
    weaken(report, LossProof::kUpToItsEnd, fmt::format("{} is not among the files", which));
    return;
  }
  std::vector<const Part*> parts;
  for (const Part& part : found->second) parts.push_back(&part);
  std::sort(parts.begin(), parts.end(),
            [](const Part* a, const Part* b) { return a->file_number < b->file_number; });
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::uint32_t before = parts[i - 1]->file_number;
    if (parts[i]->file_number == before) {
      weaken(report, LossProof::kUnknown,
             fmt::format("{} and {} are the same file", parts[i - 1]->name, parts[i]->name));
    } else if (parts[i]->file_number != before + 1) {
      weaken(report, LossProof::kUpToItsEnd,
             fmt::format("between {} and {} files of {} are missing", parts[i - 1]->name,
                         parts[i]->name, which));
    }
  }
  if (parts.back()->loss.close_reason == CloseReason::kTurned) {
    weaken(report, LossProof::kUpToItsEnd,
           fmt::format("{} goes on behind {}", which, parts.back()->name));
  }
}

// One of them does not say how many packets it was given; all have what was not dropped.
void RecordingsTogether::judge_old_stripes(const Group& group, const Stripes& all,
                                           std::uint64_t received, std::uint64_t dropped,
                                           TogetherReport& report) {
  std::uint64_t packets = 0;
  bool whole = true;
  for (std::uint32_t stripe = 1; stripe <= group.stripes && whole; ++stripe) {
    const auto found = all.find(stripe);
    whole = found != all.end() && found->second.size() == 1 &&
            found->second.front().loss.has_closing_ledger;
    if (whole) packets += found->second.front().packets;
  }
  if (!whole || packets != received - std::min(dropped, received)) {
    weaken(
        report, LossProof::kUnknown,
        fmt::format("the stripes of {} made by an older Capstan are not all here, once and whole",
                    group.stripes));
  }
}

void RecordingsTogether::add_output(const Group& group, const Stripes& all,
                                    TogetherReport& report) {
  std::uint64_t received = 0;
  std::uint64_t dropped = 0;
  std::uint64_t interface_dropped = 0;
  for (const auto& [stripe, parts] : all) {
    std::uint64_t of_stripe[3] = {};
    for (const Part& part : parts) {
      const LossReport& loss = part.loss;
      of_stripe[0] += loss.received;
      of_stripe[1] += loss.dropped;
      of_stripe[2] += loss.interface_dropped;
      report.missing += loss.missing;
      report.packets += part.packets;
      report.problems += loss.problems.empty() ? 0 : 1;
      const bool old_stripe = !group.marked && group.stripes > 1;
      if (loss.proof != LossProof::kProved && !old_stripe) {
        weaken(report, loss.proof, fmt::format("{}: {}", part.name, loss.proof_reason));
      }
    }
    // Every stripe knows what was received and dropped for all of them.
    received = std::max(received, of_stripe[0]);
    dropped = std::max(dropped, of_stripe[1]);
    interface_dropped = std::max(interface_dropped, of_stripe[2]);
  }
  if (group.marked) {
    for (std::uint32_t stripe = 1; stripe <= std::min(group.stripes, 1024U); ++stripe) {
      judge_stripe(group, all, stripe, report);
    }
  } else if (group.stripes > 1) {
    judge_old_stripes(group, all, received, dropped, report);
  }
  report.received += received;
  report.dropped += dropped;
  report.interface_dropped += interface_dropped;
}

// Whether each interface of which there is a ring has all of them.
void RecordingsTogether::judge_rings(const Group& group, TogetherReport& report) {
  for (const auto& [interface, rings] : group.split) {
    for (std::uint32_t ring = 1; ring <= rings.all; ++ring) {
      if (rings.here.contains(ring)) continue;
      weaken(report, LossProof::kUpToItsEnd,
             fmt::format("{} of {} is not among the files", ring_text({ring, rings.all}),
                         interface.empty() ? "an interface" : interface));
    }
  }
}

void RecordingsTogether::add_group(const Group& group, TogetherReport& report) {
  for (const auto& [name, stripes] : group.outputs) add_output(group, stripes, report);
  judge_rings(group, report);
  for (const auto& [name, of_card] : group.interface_drops) report.interface_dropped += of_card;
}

void RecordingsTogether::add_unread(const std::string& name) { unread_.push_back(name); }

TogetherReport RecordingsTogether::report() const {
  TogetherReport report;
  report.files = files_;
  report.recordings = groups_.size();
  report.unread = unread_.size();
  report.first_ns = first_ns_;
  report.last_ns = last_ns_;
  for (const std::string& name : unread_) {
    weaken(report, LossProof::kUnknown, fmt::format("{} could not be read", name));
  }
  for (const auto& [key, group] : groups_) add_group(group, report);
  return report;
}

}  // namespace capstan
