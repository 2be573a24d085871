#include "tools/serve/search.h"

#include <algorithm>

#include "tools/serve/endpoints.h"
#include "tools/serve/filter_trial.h"

namespace capstan::serve {

namespace {

tools::QueryCommandLine line_of(const Question& question) {
  tools::QueryCommandLine line;
  line.range = question.range;
  line.filter = question.filter;
  line.inner = question.inner;
  return line;
}

// Packets of the range; not those of a file that could not be read, which is named already.
bool holds_some_of(const SetReader& reader, const std::string& path, const TimeRange& range) {
  const std::vector<SetFile>& files = reader.set().files;
  const auto file = std::find_if(files.begin(), files.end(),
                                 [&path](const SetFile& one) { return one.path == path; });
  if (file == files.end()) return false;
  const FileOutcome& outcome = reader.outcomes()[static_cast<std::size_t>(file - files.begin())];
  const bool read =
      outcome.state == FileOutcome::State::kRead || outcome.state == FileOutcome::State::kPlanned;
  const bool has_packets = outcome.packets != 0 || outcome.last_ns != 0;
  return read && has_packets && range.overlaps(outcome.first_ns, outcome.last_ns);
}

}  // namespace

Search::Search(Archive& archive, const Question& question, const Answer& answer,
               std::uint64_t most_seconds)
    : question_(question),
      answer_(answer),
      most_seconds_(most_seconds),
      listing_(archive.list()),
      line_(line_of(question)) {
  if (question.from) {
    set_ = archive.choose(*listing_, line_.range, question.recording);
    begin_at_place(*listing_);
  }
  set_ = archive.choose(*listing_, line_.range, question.recording, &left_out_, &left_parts_);
  try_filter(line_.filter);
  filter_.emplace(line_, set_);
}

// Where every file is in the order of time, what lies in front of the place need not be read: it
// was in an earlier page. Elsewhere packets are counted.
void Search::begin_at_place(const Listing& listing) {
  by_time_ = true;
  for (std::size_t i = 0; i < listing.facts.size() && by_time_; ++i) {
    const FileFacts& facts = listing.facts[i];
    const auto at =
        std::lower_bound(set_.files.begin(), set_.files.end(), listing.set.files[i],
                         [](const SetFile& a, const SetFile& b) { return a.path < b.path; });
    const bool chosen = at != set_.files.end() && at->path == listing.set.files[i].path;
    by_time_ = !chosen || (facts.known() && facts.in_time_order);
  }
  if (by_time_) line_.range.since_ns = std::max(line_.range.since_ns, question_.from->time_ns);
  to_skip_ = by_time_ ? question_.from->skip : question_.from->number;
}

bool Search::lies_before(std::uint64_t time_ns) noexcept {
  if (to_skip_ == 0) return false;
  if (by_time_ && time_ns != question_.from->time_ns) {  // some have gone since
    to_skip_ = 0;
    return false;
  }
  --to_skip_;
  return true;
}

// Files that were not opened were looked at by what is known of them.
void Search::add_left_out(Completeness& completeness) const {
  for (const FileFacts& facts : left_out_) {
    ++completeness.files;
    ++completeness.files_planned;
    if (facts.packets == 0) continue;
    if (!completeness.has_packets || facts.first_ns < completeness.covered_from_ns) {
      completeness.covered_from_ns = facts.first_ns;
    }
    completeness.covered_to_ns = std::max(completeness.covered_to_ns, facts.last_ns);
    completeness.has_packets = true;
  }
}

Completeness Search::run(SetListener& listener, bool report_others,
                         const std::function<bool(const SetPacket&)>& take) {
  SetReaderOptions options;
  options.range = line_.range;
  options.listener = &listener;
  options.report_others = report_others;
  options.stop = &answer_.stopped();
  if (!line_.filter.empty()) {
    options.accept = [this](const PacketView& packet) { return filter_->matches(packet); };
  }
  options.plan = [this](const SetFile& file) { return filter_->plan(file); };
  SetReader reader(set_, options);
  std::uint64_t reached_ns = 0;
  SetPacket packet;
  while (reader.next(packet)) {
    reached_ns = packet.packet.timestamp_ns;
    if (lies_before(reached_ns)) continue;
    if (!take(packet)) break;
  }
  return judged(reader, reached_ns);
}

Completeness Search::losses(const std::vector<SetTrouble>& unread) {
  SetReaderOptions options;
  options.range = line_.range;
  options.stop = &answer_.stopped();
  options.accept = [](const PacketView&) { return false; };
  options.plan = [this](const SetFile& file) {
    FilePlan plan = filter_->plan(file);
    if (plan.ranges && plan.loss_known) {
      plan.ranges.reset();
      plan.skip = true;
    }
    return plan;
  };
  SetReader reader(set_, options);
  SetPacket none;
  while (reader.next(none)) {
  }
  Completeness completeness = judged(reader, 0);
  for (const SetTrouble& trouble : unread) {
    if (holds_some_of(reader, trouble.path, line_.range)) {
      completeness.unreadable.push_back(trouble);
    }
  }
  return completeness;
}

Completeness Search::judged(SetReader& reader, std::uint64_t reached_ns) {
  reader.finish();
  const bool late = reader.stopped() && answer_.timed_out();
  if (late && limit_.empty()) limit_ = seconds_limit_text(most_seconds_);
  Completeness completeness =
      judge(reader, line_.range, reader.stopped() || cut_, limit_, reached_ns, left_parts_);
  add_left_out(completeness);
  return completeness;
}

}  // namespace capstan::serve
