// Answer: what one request is answered with, between the worker that makes it and the thread that
// sends it. The worker waits when the reader is slow; what waits to be sent is bounded.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "writers/recording/packet_file_writer.h"

namespace capstan::serve {

using HeaderLines = std::vector<std::pair<std::string, std::string>>;

// The worker calls take_up(); begin(), write() and finish() or fail(); whole() is all in one. The
// sender calls wait_head(), read() and leave(). Any thread may stop().
class Answer final : public ByteSink, public std::enable_shared_from_this<Answer> {
 public:
  static constexpr std::size_t kMostWaiting = 1U << 20;

  // `wake`: called when the sender, who was told to wait, has something to do. Not under a lock
  // that the sender may hold.
  explicit Answer(std::function<void()> wake) : wake_(std::move(wake)) {}

  // -- worker --
  // Before all else. False: it was declined meanwhile, or nobody waits for it any more.
  [[nodiscard]] bool take_up();
  void begin(unsigned status, std::string type, HeaderLines headers = {});
  // False: the client has gone.
  bool write(std::span<const std::uint8_t> bytes) override;
  bool write(std::string_view text);
  // For what is sent to many: takes it if there is room, and never waits.
  bool offer(std::string_view text);
  void finish(HeaderLines trailers = {});
  // The client is to notice that this was not all.
  void fail();
  // When a part of another answer is on its way already, as fail().
  void whole(unsigned status, std::string type, std::string body, HeaderLines headers = {});
  // True: what the worker does is not wanted any more.
  const std::atomic<bool>& stopped() const noexcept { return stopped_; }
  // Its time was over; otherwise the client went.
  bool timed_out() const noexcept { return timed_out_.load(std::memory_order_relaxed); }

  // -- sender --
  struct Head {
    unsigned status = 0;
    std::string type;
    HeaderLines headers;
    bool whole = false;  // `body` is all of it
    std::string body;
  };
  // Once true, the head is the caller's. False: not yet, and wake is called when it is; `pause`
  // runs first, under the lock.
  bool wait_head(Head& head, const std::function<void()>& pause);
  enum class Read : std::uint8_t { kBytes, kWait, kEnd, kFailed };
  Read read(char* to, std::size_t most, std::size_t& count, const std::function<void()>& pause);
  const HeaderLines& trailers() const noexcept { return trailers_; }  // after kEnd
  // Nothing more is sent.
  void leave();

  // -- any thread --
  void stop(bool timed_out);
  // Answers so, unless a worker has taken it up: false then.
  bool decline(unsigned status, std::string type, std::string body, HeaderLines headers);
  // The server ends: a sender that waits is woken, and finds that it failed.
  void abandon();
  std::uint64_t bytes_sent() const noexcept { return sent_.load(std::memory_order_relaxed); }

 private:
  enum class State : std::uint8_t { kNothing, kBegun, kDone, kFailed };
  void wake_sender(std::unique_lock<std::mutex>& lock);

  const std::function<void()> wake_;
  std::mutex mutex_;
  std::condition_variable room_;
  State state_ = State::kNothing;
  bool taken_up_ = false;
  bool sender_waits_ = false;
  bool left_ = false;
  bool streamed_ = false;  // the head has been taken before the end
  Head head_;
  std::string waiting_;
  std::size_t taken_ = 0;  // of waiting_
  HeaderLines trailers_;
  std::atomic<bool> stopped_{false};
  std::atomic<bool> timed_out_{false};
  std::atomic<std::uint64_t> sent_{0};
};

}  // namespace capstan::serve
