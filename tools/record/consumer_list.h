// ConsumerList: everybody who takes part in a recording, driven as one (block_consumer.h).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tools/record/block_consumer.h"

namespace capstan::tools {

// The recorder's thread. Owns the consumers. The files stand first: their threads tell the others
// of finished files, and the others look at them, so all threads end before the first one goes.
class ConsumerList {
 public:
  ConsumerList() = default;
  ~ConsumerList();
  ConsumerList(const ConsumerList&) = delete;
  ConsumerList& operator=(const ConsumerList&) = delete;

  void add(std::unique_ptr<BlockConsumer> consumer) { all_.push_back(std::move(consumer)); }

  // As BlockConsumer's, in the list's order.
  void attach(Capture& capture);
  void open();
  void start(const std::vector<int>& cpus);
  void started();
  void on_tick();
  bool wants_end() const noexcept;
  void leave() noexcept;
  void add_to(RecordStats& stats) const;
  std::vector<std::string> failures(const RecordStats& stats) const;
  std::string reports(const RecordStats& stats) const;

  // What a wait is made of: `pass` lets a moment go by, `impatient` says that the user will not
  // wait.
  struct Wait {
    std::function<void()> pass;
    std::function<bool()> impatient;
  };
  // No block comes any more: first the files are closed, then everybody finishes, each for as long
  // as his patience lasts.
  void end(const std::vector<ClosingLedger>& rings, const Wait& wait);
  // Whether somebody was left behind: his thread waits for something that never comes, and only the
  // end of the process ends it.
  bool somebody_is_stuck() const noexcept { return stuck_; }
  // Requires: nobody is stuck.
  void stop() noexcept;

 private:
  void wait_for(BlockConsumer& consumer, const Wait& wait);

  std::vector<std::unique_ptr<BlockConsumer>> all_;
  bool stuck_ = false;
};

}  // namespace capstan::tools
