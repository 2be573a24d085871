// IndexBeside: the indexes of a recording's files, made beside it.
//
// Of one output in pcapng from its sealed blocks (writers/live/live_indexer.h): best effort. Of
// others from each finished file, which a thread at idle priority reads again, past the page cache,
// and not while a ring fills or a disk is in trouble (writers/index/index_worker.h). What is not
// done when the recorder ends is left to its next start or to `capstan index`, and said.
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
  // As the recording's own files: an index is on the disk before it has its name.
  bool sync = true;
  // The recording has one output, in pcapng: indexed from its blocks.
  bool from_blocks = false;
  // Whose finished files may have been left without an index by an earlier run; empty: of none.
  std::vector<std::string> patterns;
  // Whether the recording needs disk and processor for itself. Any thread, until stop().
  std::function<bool()> busy;
};

class IndexBeside final : public BlockConsumer {
 public:
  explicit IndexBeside(IndexBesideOptions options);

  // What the writer of the one output is to tell of its blocks; null: nothing.
  BlockObserver* observer() noexcept { return live_.get(); }

  void attach(Capture& capture) override;
  void start(const std::vector<int>& cpus) override;
  // Looks through the directory: behind the first packets, which do not wait for that.
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
  std::unique_ptr<LiveIndexer> live_;  // ends before the worker
  bool failure_said_ = false;
  bool left_said_ = false;
};

}  // namespace capstan::tools
