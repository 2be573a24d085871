#include "tools/index/index_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "engine/core/clock.h"
#include "engine/core/joined.h"
#include "tools/common/exit_status.h"
#include "tools/common/log.h"
#include "tools/common/signals.h"
#include "tools/common/terminal.h"
#include "tools/common/units.h"
#include "tools/index/index_cli.h"
#include "tools/index/index_report.h"
#include "tools/index/index_run.h"

namespace capstan::tools {

namespace {

// In a pipe or a log, how often the progress is a line.
constexpr std::uint64_t kLineIntervalNs = 10 * kNanosecondsPerSecond;

// Says what is done as it is done. Called by one thread at a time.
class IndexTalk {
 public:
  IndexTalk(const IndexCommandLine& line, const IndexRun& run)
      : line_(line),
        run_(run),
        began_ns_(monotonic_clock_ns()),
        next_line_ns_(began_ns_ + kLineIntervalNs) {}

  void finished(const IndexResult& result) {
    status = std::max(status, status_of(result));
    const bool wrong = is_failure(result.outcome) || result.outcome == IndexOutcome::kRefused;
    if (line_.json) {
      results.push_back(result);
      if (!wrong) return;
    }
    if ((line_.quiet && !wrong) || result.outcome == IndexOutcome::kStopped) return;
    area_.clear();
    if (wrong) {
      say("capstan index: {}\n", index_line(result));
    } else {
      fmt::print("{}\n", index_line(result));
      std::fflush(stdout);
    }
  }

  // A file that is no recording is bad usage where it was named, and only then.
  int status_of(const IndexResult& result) const {
    if (result.outcome == IndexOutcome::kStopped) return kExitFailed;
    if (!is_failure(result.outcome)) return kExitDone;
    const bool named =
        std::find(line_.paths.begin(), line_.paths.end(), result.path) != line_.paths.end();
    return result.outcome == IndexOutcome::kNoRecording && named ? kExitUsage : kExitFailed;
  }

  void tick() {
    if (line_.quiet) return;
    const std::uint64_t now = monotonic_clock_ns();
    const std::string text = index_progress(run_, now - began_ns_);
    if (area_.terminal().can_redraw()) {
      area_.draw(text);
    } else if (now >= next_line_ns_) {
      next_line_ns_ += kLineIntervalNs;
      say("capstan index: {}\n", text);
    }
  }

  void end() { area_.clear(); }

  int status = kExitDone;
  std::vector<IndexResult> results;

 private:
  const IndexCommandLine& line_;
  const IndexRun& run_;
  LiveArea area_{STDERR_FILENO};
  std::uint64_t began_ns_;
  std::uint64_t next_line_ns_;
};

}  // namespace

int index_command(int argc, char** argv) {
  const auto line = parse_index_command_line(argc, argv);
  if (!line) return kExitDone;
  const std::atomic<bool>& stop = stop_flag_on_signals();
  std::vector<std::string> files = recordings_in(line->paths);
  if (files.empty() && !line->quiet) {
    say("capstan index: there is no recording in {}\n", visible_text(joined(line->paths, ", ")));
  }
  IndexRun run(*line, std::move(files), stop);
  IndexTalk talk(*line, run);
  run.run([&talk](const IndexResult& result) { talk.finished(result); }, [&talk] { talk.tick(); });
  talk.end();
  if (line->json) {
    std::sort(talk.results.begin(), talk.results.end(),
              [](const IndexResult& a, const IndexResult& b) { return a.path < b.path; });
    fmt::print("{}\n", index_json(talk.results));
  }
  if (stop.load()) {
    say("capstan index: stopped: what was under way has no new index\n");
    return std::max(talk.status, kExitFailed);
  }
  return talk.status;
}

}  // namespace capstan::tools
