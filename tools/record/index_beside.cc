#include "tools/record/index_beside.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <utility>

#include "engine/core/clock.h"
#include "engine/core/directory_entries.h"
#include "engine/format/part_name.h"
#include "engine/index/index_reader.h"
#include "tools/common/log.h"
#include "tools/common/units.h"
#include "tools/record/record_stats.h"
#include "writers/file/rotation.h"

namespace capstan::tools {

namespace {

namespace fs = std::filesystem;

// Rows of one file in memory: a third of what `capstan index` takes, about 50 MB.
constexpr std::uint32_t kMaxRows = 300'000;
// How long the end of a recording waits for the last files' indexes, and for a thread that was told
// to leave.
constexpr std::uint64_t kPatienceNs = 5 * kNanosecondsPerSecond;
constexpr std::uint64_t kLeavingNs = 2 * kNanosecondsPerSecond;

IndexWorkerOptions worker_options(IndexBesideOptions& options) {
  IndexWorkerOptions worker;
  worker.sync = options.sync;
  worker.limits.max_rows = kMaxRows;
  worker.busy = std::move(options.busy);
  return worker;
}

}  // namespace

IndexBeside::IndexBeside(IndexBesideOptions options)
    : patterns_(std::move(options.patterns)), worker_(worker_options(options)) {
  // The library of digests reads its configuration at its first use, which a sandbox refuses later.
  static_cast<void>(identify_bytes({}));
  IndexLimits limits;
  limits.max_rows = kMaxRows;
  if (options.from_blocks) live_ = std::make_unique<LiveIndexer>(limits, worker_);
}

void IndexBeside::attach(Capture& capture) {
  if (!live_) return;
  for (std::size_t ring = 0; ring < capture.ring_count(); ++ring) {
    const RingInfo& info = capture.ring_info(ring);
    capture.add_best_effort(ring, live_->add_ring(info.block_count, info.link_type));
  }
}

void IndexBeside::start(const std::vector<int>& cpus) {
  worker_.start();
  if (live_) live_->start(cpus);
}

void IndexBeside::file_finished(const FinishedFile& file) noexcept {
  if (live_) {
    live_->file_finished(file);
  } else {
    worker_.add(file.path);
  }
}

void IndexBeside::files_closed() {
  if (live_) {
    live_->end();
  } else {
    worker_.end();
  }
}

// What the one has made the other writes.
bool IndexBeside::finished() noexcept {
  if (live_ && live_->finished()) worker_.end();
  return worker_.finished();
}

void IndexBeside::leave() noexcept {
  if (live_) live_->leave();
  worker_.leave();
}

// Packets come already: what goes wrong here is said once, and ends nothing.
void IndexBeside::started() {
  std::string trouble;
  for (const std::string& pattern : patterns_) {
    std::string reason;
    try {
      const std::error_code error = add_earlier(pattern);
      if (error) reason = error.message();
    } catch (const std::exception& error) {
      reason = error.what();
    }
    if (reason.empty() || !trouble.empty()) continue;
    trouble = fmt::format("{} cannot be read: {}", directory_of(pattern), reason);
  }
  if (trouble.empty()) return;
  standard_log().write(
      LogLevel::kWarning,
      fmt::format("{}; files of an earlier run may be left there without an index, which 'capstan "
                  "index' makes; the recording goes on",
                  trouble));
}

std::error_code IndexBeside::add_earlier(const std::string& pattern) {
  const SeriesNames names(pattern);
  std::vector<std::string> without;
  const std::error_code error = for_each_entry(directory_of(pattern), [&](const auto& entry) {
    std::error_code ignored;
    const fs::path& path = entry.path();
    if (!names.number_of(path.filename().string()) || !entry.is_regular_file(ignored)) return;
    if (!fs::exists(index_path_of(path.string()), ignored)) without.push_back(path.string());
  });
  // The newest first: the oldest are the next to go.
  std::sort(without.begin(), without.end(), std::greater<>());
  for (const std::string& path : without) worker_.add(path);
  return error;
}

// Each once: an index is no part of the recording, and its loss ends nothing.
void IndexBeside::on_tick() {
  if (!failure_said_ && worker_.counters().files_failed.get() != 0) {
    failure_said_ = true;
    standard_log().write(
        LogLevel::kWarning,
        fmt::format("an index could not be made: {}; the recording is not touched by that",
                    worker_.last_failure()));
  }
  const std::uint64_t left = worker_.finished() ? worker_.counters().files_left.get() : 0;
  if (left == 0 || left_said_) return;
  left_said_ = true;
  standard_log().write(
      LogLevel::kInfo,
      fmt::format("{} file{} of the recording {} no index yet: the next recorder of this name or "
                  "'capstan index' makes it",
                  grouped(left), left == 1 ? "" : "s", left == 1 ? "has" : "have"));
}

EndPatience IndexBeside::patience() noexcept {
  EndPatience patience;
  patience.whole_ns = kPatienceNs;
  patience.leaving_ns = kLeavingNs;
  return patience;
}

void IndexBeside::stop() noexcept {
  if (live_) {
    live_->leave();
    live_->join();
  }
  worker_.leave();
  worker_.join();
}

void IndexBeside::add_to(RecordStats& stats) const {
  const IndexCounters& counters = worker_.counters();
  IndexStats& index = stats.index.emplace();
  index.files = counters.files_indexed.get();
  index.failed = counters.files_failed.get();
  index.refused = counters.files_refused.get();
  index.left = counters.files_left.get();
  index.anew = counters.files_anew.get();
  if (!live_) return;
  index.from_blocks = live_->counters().files.get();
  index.blocks_skipped = live_->counters().blocks_skipped.get();
}

}  // namespace capstan::tools
