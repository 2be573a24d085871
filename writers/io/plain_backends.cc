#include "writers/io/plain_backends.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "engine/core/clock.h"
#include "engine/core/write_all.h"

namespace capstan {

namespace {

// Completions of writes that were over when they were submitted, in order. Fixed size: try_submit()
// says no when it is full.
class DoneQueue {
 public:
  bool full() const noexcept { return count_ == done_.size(); }
  bool empty() const noexcept { return count_ == 0; }
  void push(IoCompletion completion) noexcept {
    done_[(first_ + count_) % done_.size()] = completion;
    ++count_;
  }
  std::size_t pop_into(std::span<IoCompletion> completions) noexcept {
    const std::size_t taken = std::min(completions.size(), count_);
    for (std::size_t i = 0; i < taken; ++i) completions[i] = done_[(first_ + i) % done_.size()];
    first_ = (first_ + taken) % done_.size();
    count_ -= taken;
    return taken;
  }

 private:
  std::array<IoCompletion, 256> done_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
};

class SynchronousBackend : public IoBackend {
 public:
  void use_file(int fd) noexcept override { fd_ = fd; }
  int register_memory(std::span<const std::span<std::uint8_t>>) noexcept override { return 0; }
  bool try_submit(const IoWrite& write) noexcept override {
    if (done_.full()) return false;
    done_.push({write.tag, perform(write)});
    return true;
  }
  bool try_preallocate(std::uint64_t, std::uint64_t) noexcept override { return false; }
  bool try_sync() noexcept override { return false; }
  void flush() noexcept override {}
  std::size_t reap(std::span<IoCompletion> completions) noexcept override {
    return done_.pop_into(completions);
  }
  void wait(std::uint64_t timeout_ns) noexcept override {
    if (done_.empty()) sleep_ns(timeout_ns);
  }

 protected:
  virtual std::int32_t perform(const IoWrite& write) noexcept = 0;
  int fd_ = -1;
  DoneQueue done_;
};

class PwriteBackend final : public SynchronousBackend {
 public:
  bool try_preallocate(std::uint64_t offset, std::uint64_t length) noexcept override {
    if (done_.full()) return false;
    const int result =
        ::fallocate(fd_, 0, static_cast<off_t>(offset), static_cast<off_t>(length)) == 0 ? 0
                                                                                         : -errno;
    done_.push({kPreallocateTag, result});
    return true;
  }
  bool try_sync() noexcept override {
    if (done_.full()) return false;
    done_.push({kSyncTag, ::fdatasync(fd_) == 0 ? 0 : -errno});
    return true;
  }

 private:
  std::int32_t perform(const IoWrite& write) noexcept override {
    const ssize_t written =
        ::pwrite(fd_, write.data, write.length, static_cast<off_t>(write.offset));
    return written >= 0 ? static_cast<std::int32_t>(written) : -errno;
  }
};

class StreamBackend final : public SynchronousBackend {
  // Whole or not at all: the rest of a short write could not wait for later writes' turn.
  std::int32_t perform(const IoWrite& write) noexcept override {
    const WriteOutcome outcome = write_all(fd_, write.data, write.length);
    return outcome.error == 0 ? static_cast<std::int32_t>(outcome.written) : -outcome.error;
  }
};

class NullBackend final : public SynchronousBackend {
  std::int32_t perform(const IoWrite& write) noexcept override {
    return static_cast<std::int32_t>(write.length);
  }
};

}  // namespace

std::unique_ptr<IoBackend> make_pwrite_backend() { return std::make_unique<PwriteBackend>(); }
std::unique_ptr<IoBackend> make_stream_backend() { return std::make_unique<StreamBackend>(); }
std::unique_ptr<IoBackend> make_null_backend() { return std::make_unique<NullBackend>(); }

}  // namespace capstan
