// Answer: the answer to one request, passed from the worker that makes it to the thread that sends
// it. The worker waits when the client reads slowly, so the bytes waiting to be sent are bounded.
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

// The worker calls take_up(), begin(), write() and then finish() or fail(); whole() replaces all of
// these after take_up(). The sender calls wait_head(), read() and leave(). Any thread may call
// stop().
class Answer final : public ByteSink, public std::enable_shared_from_this<Answer> {
 public:
  static constexpr std::size_t kMostWaiting = 1U << 20;

  // `wake`: called when the sender, which was told to wait, has something to do. Must not take a
  // lock that the sender may hold.
  explicit Answer(std::function<void()> wake) : wake_(std::move(wake)) {}

  // -- worker --
  // To be called first. Returns false if the request was declined meanwhile or the client has gone.
  [[nodiscard]] bool take_up();
  void begin(unsigned status, std::string type, HeaderLines headers = {});
  // Returns false if the client has gone.
  bool write(std::span<const std::uint8_t> bytes) override;
  bool write(std::string_view text);
  // For text that is sent to many clients: accepts it if there is space, and never waits.
  bool offer(std::string_view text);
  void finish(HeaderLines trailers = {});
  // The answer stays incomplete, in a way that the client notices.
  void fail();
  // A complete answer. If part of another answer was sent already, this acts like fail().
  void whole(unsigned status, std::string type, std::string body, HeaderLines headers = {});
  // True once the result of the worker is not needed any more.
  const std::atomic<bool>& stopped() const noexcept { return stopped_; }
  // True once nobody reads what it makes, either.
  const std::atomic<bool>& gone() const noexcept { return gone_; }
  // Whether the reason was the time limit; otherwise the client has gone.
  bool timed_out() const noexcept { return timed_out_.load(std::memory_order_relaxed); }

  // -- sender --
  struct Head {
    unsigned status = 0;
    std::string type;
    HeaderLines headers;
    bool whole = false;  // `body` is the complete answer
    std::string body;
  };
  // Returns true when `head` is filled in; this happens once. Returns false when it is not ready;
  // `wake` is called when it is. `pause` runs before false is returned, under the lock.
  bool wait_head(Head& head, const std::function<void()>& pause);
  enum class Read : std::uint8_t { kBytes, kWait, kEnd, kFailed };
  Read read(char* to, std::size_t most, std::size_t& count, const std::function<void()>& pause);
  const HeaderLines& trailers() const noexcept { return trailers_; }  // after kEnd
  // To be called when nothing more is sent.
  void leave();

  // -- any thread --
  void stop(bool timed_out);
  // Answers the request in this way. Returns false if a worker has taken it up already.
  bool decline(unsigned status, std::string type, std::string body, HeaderLines headers);
  // The server ends: a waiting sender is woken and finds that the answer failed.
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
  bool streamed_ = false;  // the head was taken before the end
  Head head_;
  std::string waiting_;
  std::size_t taken_ = 0;  // bytes taken from waiting_
  HeaderLines trailers_;
  std::atomic<bool> stopped_{false};
  std::atomic<bool> gone_{false};
  std::atomic<bool> timed_out_{false};
  std::atomic<std::uint64_t> sent_{0};
};

}  // namespace capstan::serve
