// IndexBeside: makes the indexes of a recording's files while it is running.
//
// If there is one output, in pcapng, from its sealed blocks (writers/live/live_indexer.h): best
// effort. Otherwise from each finished file, which a thread at idle priority reads again, bypassing
// the page cache, and not while a ring fills or a disk is in trouble
// (writers/index/index_worker.h). Indexes that are not done when the recorder ends are left to its
// next start or to `capstan index`, and this is reported.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "tools/record/block_consumer.h"
#include "writers/index/index_worker.h"
#include "writers/live/live_indexer.h"

namespace capstan::tools {

struct IndexBesideOptions {
  // Like the recording's own files: an index is durable before it gets its name.
  bool sync = true;
  // The recording has one output, in pcapng: index it from its blocks.
  bool from_blocks = false;
  // Patterns or paths of outputs whose finished files an earlier run may have left without an
  // index; empty: none.
  std::vector<std::string> patterns;
  // Whether the recording needs disk and processor for itself. Any thread may call it until stop().
  std::function<bool()> busy;
};

class IndexBeside final : public BlockConsumer {
 public:
  explicit IndexBeside(IndexBesideOptions options);

  // The observer for the writer of the one output; null: none is needed.
  BlockObserver* observer() noexcept { return live_.get(); }

  void attach(Capture& capture) override;
  void start(const std::vector<int>& cpus) override;
  // Searches the directories for such files: after the capture has started, so that packets do not
  // wait for it.
  void started() override;
  void file_finished(const FinishedFile& file) noexcept override;
  void on_tick() override;
  void files_closed() override;
  bool finished() noexcept override;
  EndPatience patience() noexcept override;
  void leave() noexcept override;
  void stop() noexcept override;
  void add_to(RecordStats& stats) const override;

 private:
  // What was found before an error is taken.
  std::error_code add_earlier(const std::string& pattern);

  std::vector<std::string> patterns_;
  IndexWorker worker_;
  std::unique_ptr<LiveIndexer> live_;  // destroyed before the worker
  bool failure_said_ = false;
  bool left_said_ = false;
};

}  // namespace capstan::tools
