#include "tools/serve/answer.h"

#include <algorithm>
#include <cstring>

namespace capstan::serve {

// Called with the lock held, so that the sender's pause is over before it is woken: it pauses under
// the same lock.
void Answer::wake_sender(std::unique_lock<std::mutex>& lock) {
  static_cast<void>(lock);
  if (!sender_waits_ || left_) return;
  sender_waits_ = false;
  wake_();
}

bool Answer::take_up() {
  const std::lock_guard lock(mutex_);
  if (state_ != State::kNothing || left_) return false;
  taken_up_ = true;
  return true;
}

void Answer::begin(unsigned status, std::string type, HeaderLines headers) {
  const std::lock_guard lock(mutex_);
  // What was abandoned stays so: nobody wakes the sender again.
  if (state_ != State::kNothing) return;
  head_.status = status;
  head_.type = std::move(type);
  head_.headers = std::move(headers);
  state_ = State::kBegun;
}

bool Answer::write(std::span<const std::uint8_t> bytes) {
  return write(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

bool Answer::write(std::string_view text) {
  std::unique_lock lock(mutex_);
  while (!text.empty()) {
    room_.wait(lock, [this] { return left_ || waiting_.size() - taken_ < kMostWaiting; });
    if (left_) return false;
    if (taken_ != 0) {
      waiting_.erase(0, taken_);
      taken_ = 0;
    }
    const std::size_t count = std::min(text.size(), kMostWaiting - waiting_.size());
    waiting_.append(text.substr(0, count));
    text.remove_prefix(count);
    wake_sender(lock);
  }
  return !left_;
}

bool Answer::offer(std::string_view text) {
  std::unique_lock lock(mutex_);
  if (left_ || waiting_.size() - taken_ + text.size() > kMostWaiting) return false;
  waiting_.append(text);
  wake_sender(lock);
  return true;
}

void Answer::finish(HeaderLines trailers) {
  std::unique_lock lock(mutex_);
  if (state_ != State::kBegun) return;
  trailers_ = std::move(trailers);
  state_ = State::kDone;
  wake_sender(lock);
}

void Answer::fail() {
  std::unique_lock lock(mutex_);
  state_ = State::kFailed;
  wake_sender(lock);
}

void Answer::whole(unsigned status, std::string type, std::string body, HeaderLines headers) {
  std::unique_lock lock(mutex_);
  if (streamed_) {
    state_ = State::kFailed;
  } else {
    head_ = {status, std::move(type), std::move(headers), true, std::move(body)};
    state_ = State::kDone;
  }
  wake_sender(lock);
}

bool Answer::wait_head(Head& head, const std::function<void()>& pause) {
  const std::lock_guard lock(mutex_);
  // A begun answer is streamed when there is something to send, so that what fails at once still
  // gets the status of a failure.
  const bool ready = state_ == State::kDone || state_ == State::kFailed ||
                     (state_ == State::kBegun && !waiting_.empty());
  if (!ready) {
    sender_waits_ = true;
    pause();
    return false;
  }
  head = std::move(head_);
  if (head.whole) sent_.store(head.body.size(), std::memory_order_relaxed);
  streamed_ = true;
  return true;
}

Answer::Read Answer::read(char* to, std::size_t most, std::size_t& count,
                          const std::function<void()>& pause) {
  std::unique_lock lock(mutex_);
  count = std::min(most, waiting_.size() - taken_);
  if (count != 0) {
    std::memcpy(to, waiting_.data() + taken_, count);
    taken_ += count;
    if (taken_ == waiting_.size()) {
      waiting_.clear();
      taken_ = 0;
    }
    sent_.fetch_add(count, std::memory_order_relaxed);
    room_.notify_all();
    return Read::kBytes;
  }
  if (state_ == State::kDone) return Read::kEnd;
  if (state_ == State::kFailed) return Read::kFailed;
  sender_waits_ = true;
  pause();
  return Read::kWait;
}

void Answer::leave() {
  const std::lock_guard lock(mutex_);
  left_ = true;
  gone_.store(true, std::memory_order_relaxed);
  stopped_.store(true, std::memory_order_relaxed);
  room_.notify_all();
}

void Answer::stop(bool timed_out) {
  const std::lock_guard lock(mutex_);
  (timed_out ? timed_out_ : gone_).store(true, std::memory_order_relaxed);
  stopped_.store(true, std::memory_order_relaxed);
}

bool Answer::decline(unsigned status, std::string type, std::string body, HeaderLines headers) {
  std::unique_lock lock(mutex_);
  if (state_ != State::kNothing || taken_up_) return false;
  head_ = {status, std::move(type), std::move(headers), true, std::move(body)};
  state_ = State::kDone;
  wake_sender(lock);
  return true;
}

void Answer::abandon() {
  std::unique_lock lock(mutex_);
  if (state_ != State::kDone) state_ = State::kFailed;
  gone_.store(true, std::memory_order_relaxed);
  stopped_.store(true, std::memory_order_relaxed);
  const bool was_left = std::exchange(left_, true);
  room_.notify_all();
  if (was_left || !sender_waits_) return;
  sender_waits_ = false;
  wake_();
}

}  // namespace capstan::serve
