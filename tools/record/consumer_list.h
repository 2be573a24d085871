// ConsumerList: all consumers of a recording, driven as one (block_consumer.h).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tools/record/block_consumer.h"

namespace capstan::tools {

// Used by the recorder's thread. Owns the consumers. The files come first: their threads call the
// other consumers about finished files, and the others use the files, so all threads are ended
// before the first consumer is destroyed.
class ConsumerList {
 public:
  ConsumerList() = default;
  ~ConsumerList();
  ConsumerList(const ConsumerList&) = delete;
  ConsumerList& operator=(const ConsumerList&) = delete;

  void add(std::unique_ptr<BlockConsumer> consumer) { all_.push_back(std::move(consumer)); }

  // The same as in BlockConsumer, for every consumer in the order of the list.
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

  // How to wait: `pass` lets a moment pass, `impatient` tells that the user does not want to wait.
  struct Wait {
    std::function<void()> pass;
    std::function<bool()> impatient;
  };
  // Called when no more blocks come: first the files are closed, then all other consumers finish,
  // each for as long as its patience allows.
  void end(const std::vector<ClosingLedger>& rings, const Wait& wait);
  // Whether a consumer was left unfinished: its thread waits for something that never happens, and
  // only the end of the process ends it.
  bool somebody_is_stuck() const noexcept { return stuck_; }
  // Requires: !somebody_is_stuck().
  void stop() noexcept;

 private:
  void wait_for(BlockConsumer& consumer, const Wait& wait);

  std::vector<std::unique_ptr<BlockConsumer>> all_;
  bool stuck_ = false;
};

}  // namespace capstan::tools
