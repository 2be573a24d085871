// The indexes beside the recording: their part of Recorder.
#include <fmt/format.h>

#include <algorithm>

#include "engine/core/clock.h"
#include "tools/common/units.h"
#include "tools/record/recorder.h"

namespace capstan::tools {

namespace {

// How long the end of a recording waits for the last files' indexes.
constexpr std::uint64_t kIndexPatienceNs = 5 * kNanosecondsPerSecond;
// A ring of which more than this share is held has better things to wait for.
constexpr std::uint64_t kBusyShare = 8;

}  // namespace

bool Recorder::wants_index() const noexcept {
  return line_.index.value_or(line_.rotation.active());
}

// Called by the index's thread.
bool Recorder::is_busy() const noexcept {
  for (std::size_t ring = 0; ring < capture_.ring_count(); ++ring) {
    const std::uint64_t held = capture_.counters(ring).held_blocks.get();
    if (held * kBusyShare > capture_.ring_info(ring).block_count) return true;
  }
  return std::any_of(writers_.begin(), writers_.end(),
                     [](const auto& writer) { return writer->trouble() != 0; });
}

void Recorder::start_index() {
  if (line_.rotation.active()) {
    for (const auto& writer : writers_) index_->add_earlier(writer->path());
  }
  index_->start();
}

// Every file is closed. The last ones get their indexes now, if that does not take long.
void Recorder::finish_index() {
  for (const auto& writer : writers_) {
    if (writer->series() != nullptr || writer->kind() != OutputKind::kFile) continue;
    FinishedFile file;
    file.path = writer->path();
    index_->file_finished(file);
  }
  index_->end();
  const std::uint64_t limit_ns = monotonic_clock_ns() + kIndexPatienceNs;
  bool left = false;
  while (!index_->finished()) {
    const std::uint64_t now = monotonic_clock_ns();
    if (!left && (now > limit_ns || end_.impatient())) {
      index_->leave();
      left = true;
    }
    wait_and_handle(now + 2 * kNanosecondsPerMillisecond);
  }
  const IndexStats stats = index_->stats();
  if (stats.left != 0) {
    say(fmt::format(
        "{} file{} of the recording {} no index yet: the next recorder of this name or "
        "'capstan index' makes it",
        grouped(stats.left), stats.left == 1 ? "" : "s", stats.left == 1 ? "has" : "have"));
  }
}

// Once: an index is no part of the recording, and its loss ends nothing.
void Recorder::watch_index() {
  if (index_failure_said_ || index_->stats().failed == 0) return;
  index_failure_said_ = true;
  say(fmt::format("an index could not be made: {}; the recording is not touched by that",
                  index_->failure()),
      LogLevel::kWarning);
}

}  // namespace capstan::tools
