#include "engine/reader/completeness.h"

#include <sys/stat.h>

#include <algorithm>

#include "engine/core/clock.h"

namespace capstan {

namespace {

std::uint64_t changed_ns(const std::string& path) noexcept {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return ~std::uint64_t{0};
  return static_cast<std::uint64_t>(status.st_mtim.tv_sec) * kNanosecondsPerSecond +
         static_cast<std::uint64_t>(status.st_mtim.tv_nsec);
}

class Judge {
 public:
  Judge(Completeness& result, TimeRange range, const AbsentParts& elsewhere)
      : result_(result), range_(range), parts_(elsewhere) {}

  void add(const SetFile& file, const FileOutcome& outcome) {
    using State = FileOutcome::State;
    if (outcome.state == State::kUnreadable) {
      result_.unreadable.push_back({file.path, outcome.error});
      return;
    }
    if (outcome.state == State::kNotReached) parts_.add_unknown();
    if (outcome.state != State::kRead && outcome.state != State::kPlanned) return;
    ++result_.files;
    result_.files_planned += outcome.state == State::kPlanned ? 1 : 0;
    if (outcome.packets != 0 || outcome.last_ns != 0) {
      result_.has_packets = true;
      if (result_.covered_to_ns == 0 || outcome.first_ns < result_.covered_from_ns) {
        result_.covered_from_ns = outcome.first_ns;
      }
      result_.covered_to_ns = std::max(result_.covered_to_ns, outcome.last_ns);
    }
    if (outcome.loss.place_unknown) parts_.add_unknown();
    parts_.add(outcome.loss.recording, file.path, outcome.first_ns, outcome.last_ns);
    add_end(file, outcome);
    add_losses(file, outcome);
  }

  // To be called after the last file. Of one that was not looked at, or not readable, it is not
  // known what it is.
  void add_absent() {
    if (result_.unreadable.empty()) result_.absent = parts_.absent(range_);
  }

 private:
  void add_end(const SetFile& file, const FileOutcome& outcome) {
    if (outcome.being_written) {
      result_.growing.push_back({file.path, {}});
      return;
    }
    const FileEnd& end = outcome.end;
    if (end.clean() || end.kind == FileEnd::Kind::kNotYet) return;
    // What is missing came after the last packet, and before the file was changed last.
    const std::uint64_t changed = changed_ns(file.path);
    const std::uint64_t to_ns = changed < outcome.last_ns ? ~std::uint64_t{0} : changed;
    if (outcome.first_ns == 0 || range_.overlaps(outcome.last_ns, to_ns)) {
      result_.damaged.push_back({file.path, end.text()});
    }
  }

  void add_losses(const SetFile& file, const FileOutcome& outcome) {
    const LossReport& loss = outcome.loss;
    const bool is_ring = loss.source == LossSource::kLedger;
    for (const LossSpan& span : loss.spans) {
      if (!range_.overlaps(span.from_ns, span.to_ns)) continue;
      add_loss({file.path, span.source_id, is_ring, span.from_ns, span.to_ns, span.packets});
    }
    // What follows is known of the file as a whole.
    if (!range_.overlaps(outcome.first_ns, outcome.last_ns)) return;
    // Of a file that is being written what its ledger counts may be on its way.
    const std::uint64_t of_file =
        loss.interface_dropped + (outcome.being_written ? 0 : loss.missing);
    if (of_file != 0 || loss.spans_omitted != 0) {
      add_loss({file.path, 0, false, outcome.first_ns, outcome.last_ns, of_file});
    }
    if (outcome.being_written) return;  // counts are compared when it is closed
    for (const std::string& problem : loss.problems)
      result_.damaged.push_back({file.path, problem});
    const bool has_packets = outcome.packets != 0 || outcome.last_ns != 0;
    const bool says = loss.whole_file || loss.source == LossSource::kStatistics;
    const bool cut = !outcome.end.clean() && loss.source == LossSource::kLedger;
    if (has_packets && !says && !cut) result_.silent.push_back(file.path);
  }

  void add_loss(LostPackets lost) {
    result_.lost += lost.packets;
    if (result_.losses.size() < kMostLosses) {
      result_.losses.push_back(std::move(lost));
    } else {
      ++result_.losses_omitted;
    }
  }

  Completeness& result_;
  TimeRange range_;
  AbsentParts parts_;
};

}  // namespace

Completeness judge(const SetReader& reader, TimeRange range, bool interrupted,
                   const std::string& limit, std::uint64_t reached_ns,
                   const AbsentParts& elsewhere) {
  Completeness result;
  result.range = range;
  result.interrupted = interrupted;
  result.limit = limit;
  result.unreadable = reader.set().troubles;
  TimeRange judged = range;
  if (!limit.empty() && reached_ns < judged.until_ns) judged.until_ns = reached_ns + 1;
  Judge each(result, judged, elsewhere);
  for (std::size_t file = 0; file < reader.outcomes().size(); ++file) {
    each.add(reader.set().files[file], reader.outcomes()[file]);
  }
  each.add_absent();
  std::stable_sort(
      result.losses.begin(), result.losses.end(),
      [](const LostPackets& a, const LostPackets& b) { return a.from_ns < b.from_ns; });
  return result;
}

}  // namespace capstan
