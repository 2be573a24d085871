#include "tools/extcap/link_status.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "engine/core/cpu.h"
#include "engine/core/errors.h"
#include "engine/core/thread.h"
#include "tools/common/units.h"

namespace capstan::tools {

namespace {

constexpr int kIntervalMs = 250;

}  // namespace

LinkStatus::LinkStatus(ControlPipe& control, KeptStderr& kept, int output)
    : control_(control),
      kept_(kept),
      output_(output),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (wake_.get() < 0) throw_errno("eventfd");
}

void LinkStatus::start(const std::vector<int>& cpus) {
  thread_ = start_thread("shows the status", [this, cpus] {
    name_current_thread("status");
    keep_current_thread_on(cpus);
    run();
  });
}

void LinkStatus::end() noexcept {
  stop_.store(true, std::memory_order_relaxed);
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof(one));
}

void LinkStatus::stop() noexcept {
  if (!thread_.joinable()) return;
  end();
  thread_.join();
}

void LinkStatus::run() {
  while (!stop_.load(std::memory_order_relaxed)) {
    show();
    // Without events asked for poll(2) tells of errors only: of a pipe, that its reader has gone.
    pollfd waits[] = {{wake_.get(), POLLIN, 0},
                      {reader_gone_.load(std::memory_order_relaxed) ? -1 : output_, 0, 0},
                      {control_.in_descriptor(), POLLIN, 0}};
    ::poll(waits, std::size(waits), kIntervalMs);
    if ((waits[1].revents & POLLERR) != 0) reader_gone_.store(true, std::memory_order_relaxed);
    if (waits[2].revents != 0) control_.read_commands();
  }
  show();
  done_.store(true, std::memory_order_release);  // pairs with finished()
}

void LinkStatus::show() {
  std::uint64_t received = 0;
  std::uint64_t dropped = 0;
  for (std::size_t ring = 0; ring < capture_->ring_count(); ++ring) {
    const RingCounters& counters = capture_->counters(ring);
    received += counters.received.get();
    dropped += counters.dropped.get() + counters.damaged.get();
  }
  std::string text =
      fmt::format("Capstan: {} packets, {} lost so far", grouped(received), grouped(dropped));
  if (text != shown_) {
    control_.show_status(text);
    shown_ = std::move(text);
  }
  const std::string words = kept_.take_new();
  if (!words.empty()) control_.log(words);
}

}  // namespace capstan::tools
