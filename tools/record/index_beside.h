// IndexBeside: the indexes of a recording's files, made beside it once each file is finished: a
// consumer of files, which holds no block.
//
// What it costs: a thread at idle priority that reads each finished file again, past the page
// cache, and stands still while a ring fills or a disk is in trouble. What is not done when the
// recorder ends is left to its next start or to `capstan index`, and said.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tools/record/block_consumer.h"
#include "writers/index/index_worker.h"

namespace capstan::tools {

struct IndexBesideOptions {
  // As the recording's own files: an index is on the disk before it has its name.
  bool sync = true;
  // Whose finished files may have been left without an index by an earlier run; empty: of none.
  std::vector<std::string> patterns;
  // Whether the recording needs disk and processor for itself. Any thread, until stop().
  std::function<bool()> busy;
};

class IndexBeside final : public BlockConsumer {
 public:
  explicit IndexBeside(IndexBesideOptions options);

  void attach(Capture& /*capture*/) override {}
  void start(const std::vector<int>& cpus) override;
  // Looks through the directory: behind the first packets, which do not wait for that.
  void started() override;
  void file_finished(const FinishedFile& file) noexcept override { worker_.add(file.path); }
  void on_tick() override;
  void files_closed() override { worker_.end(); }
  bool finished() noexcept override { return worker_.finished(); }
  EndPatience patience() noexcept override;
  void leave() noexcept override { worker_.leave(); }
  void stop() noexcept override;
  void add_to(RecordStats& stats) const override;

 private:
  void add_earlier(const std::string& pattern);

  std::vector<std::string> patterns_;
  IndexWorker worker_;
  bool failure_said_ = false;
  bool left_said_ = false;
};

}  // namespace capstan::tools
