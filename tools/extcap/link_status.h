// LinkStatus: shows the status line of a capture for Wireshark: how many packets were received and
// how many lost.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "engine/core/unique_fd.h"
#include "tools/extcap/control_pipe.h"
#include "tools/extcap/kept_stderr.h"
#include "tools/record/block_consumer.h"

namespace capstan::tools {

// Reads counters, no blocks. Control pipe and collected messages are borrowed; from start() to
// stop() only its thread uses them.
class LinkStatus final : public BlockConsumer {
 public:
  // `output`: the descriptor that the capture is written to.
  LinkStatus(ControlPipe& control, KeptStderr& kept, int output);

  void attach(Capture& capture) override { capture_ = &capture; }
  void start(const std::vector<int>& cpus) override;
  // The output's reader has gone.
  bool wants_end() const noexcept override { return reader_gone_.load(std::memory_order_relaxed); }
  void files_closed() override { end(); }
  bool finished() noexcept override { return done_.load(std::memory_order_acquire); }
  void leave() noexcept override { end(); }
  void stop() noexcept override;

 private:
  void end() noexcept;
  void run();
  void show();

  ControlPipe& control_;
  KeptStderr& kept_;
  const int output_;
  const Capture* capture_ = nullptr;
  UniqueFd wake_;
  std::string shown_;
  std::atomic<bool> reader_gone_{false};  // read by the recorder's loop; needs no order
  std::atomic<bool> stop_{false};         // set before wake_ is signalled
  std::atomic<bool> done_{false};         // release: the thread has sent its last message
  std::thread thread_;
};

}  // namespace capstan::tools
