#include "tests/support/fake_backend.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <thread>

namespace capstan::test {

namespace {

constexpr std::uint32_t kDirectAlignment = 512;
constexpr unsigned kHopelessWaits = 100'000;

std::uint64_t checksum_of(const IoWrite& write) noexcept {
  return std::hash<std::string_view>{}({reinterpret_cast<const char*>(write.data), write.length});
}

}  // namespace

FakeBackend::FakeBackend(FakeBackendOptions options)
    : options_(std::move(options)), random_(options_.seed) {}

FakeBackend::~FakeBackend() {
  for (const Operation& operation : in_flight_) {
    if (operation.stuck) continue;
    ADD_FAILURE() << (operation.preallocation ? "a preallocation" : "a write")
                  << " was still under way when the backend was destroyed";
    complete(operation);  // as the kernel would
  }
  EXPECT_TRUE(queued_.empty()) << "a write was queued and never flushed";
}

void FakeBackend::use_file(int fd) noexcept {
  EXPECT_TRUE(queued_.empty() && in_flight_.empty()) << "the file was changed under a write";
  fd_ = fd;
  unsynced_.clear();
  unsynced_at_sync_ = 0;
  if (fd < 0) {
    plain_.reset();
    return;
  }
  plain_ = UniqueFd(::open(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_RDWR | O_CLOEXEC));
  EXPECT_TRUE(static_cast<bool>(plain_)) << errno;
}

int FakeBackend::register_memory(std::span<const std::span<std::uint8_t>> regions) noexcept {
  EXPECT_TRUE(in_flight_.empty());
  if (options_.registration_error != 0 && regions.size() > 1) return options_.registration_error;
  return 0;
}

bool FakeBackend::direct() const noexcept { return (::fcntl(fd_, F_GETFL) & O_DIRECT) != 0; }

void FakeBackend::check_write(const IoWrite& write) noexcept {
  EXPECT_LT(write.tag, kSyncTag);
  EXPECT_NE(write.length, 0U) << "a write of nothing";
  if (direct()) {
    EXPECT_EQ(write.offset % kDirectAlignment, 0U) << "unaligned direct write";
    EXPECT_EQ(write.length % kDirectAlignment, 0U) << "unaligned direct write";
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(write.data) % kDirectAlignment, 0U)
        << "unaligned direct write";
  }
  const auto check_against = [&](const Operation& other) {
    if (other.preallocation || other.sync) return;
    EXPECT_NE(other.write.tag, write.tag) << "a tag that is in flight";
    const bool apart = write.offset + write.length <= other.write.offset ||
                       other.write.offset + other.write.length <= write.offset;
    EXPECT_TRUE(apart) << "two writes of the same bytes of the file at the same time: "
                       << write.offset << "+" << write.length << " and " << other.write.offset
                       << "+" << other.write.length;
  };
  for (const Operation& other : queued_) check_against(other);
  for (const Operation& other : in_flight_) check_against(other);
}

Fault FakeBackend::fault_for(const IoWrite& write, std::uint64_t number) noexcept {
  if (options_.at_write == 0 || number < options_.at_write) return Fault::kNone;
  Fault fault = number == options_.at_write ? options_.fault : Fault::kNone;
  if (options_.fault == Fault::kNoSpace) fault = Fault::kNoSpace;
  if (options_.fault == Fault::kTrouble) {
    fault = tally_->refused < options_.refusals ? Fault::kTrouble : Fault::kNone;
    tally_->refused += fault == Fault::kNone ? 0 : 1;
  }
  if (options_.fault == Fault::kDirectRefused) {
    fault = direct() ? Fault::kDirectRefused : Fault::kNone;
  }
  if (options_.fault == Fault::kMemoryRefused) {
    fault = options_.is_ring_memory(write.data) ? Fault::kMemoryRefused : Fault::kNone;
  }
  if (fault != Fault::kNone) tally_->fault_hit = true;
  return fault;
}

bool FakeBackend::try_submit(const IoWrite& write) noexcept {
  check_write(write);
  if (options_.fault == Fault::kNoRoom && tally_->writes + 1 >= options_.at_write &&
      options_.at_write != 0 && refusals_left_ != 0) {
    --refusals_left_;
    tally_->fault_hit = true;
    return false;
  }
  const std::uint64_t number = ++tally_->writes;
  if (hook_) hook_(number);
  if (number == options_.power_loss_at) lose_power();
  if (options_.is_ring_memory && options_.is_ring_memory(write.data)) ++tally_->from_ring_memory;
  Operation operation;
  operation.write = write;
  operation.number = number;
  operation.checksum = checksum_of(write);
  operation.fault = fault_for(write, number);
  operation.looks_left = options_.longest_delay == 0
                             ? 0
                             : static_cast<unsigned>(random_() % (options_.longest_delay + 1));
  operation.stuck = options_.stuck && options_.at_write != 0 && number >= options_.at_write;
  queued_.push_back(operation);
  return true;
}

bool FakeBackend::try_preallocate(std::uint64_t offset, std::uint64_t length) noexcept {
  for (const Operation& other : queued_) EXPECT_FALSE(other.preallocation);
  for (const Operation& other : in_flight_) EXPECT_FALSE(other.preallocation);
  ++tally_->preallocations;
  Operation operation;
  operation.write.offset = offset;
  operation.write.length = static_cast<std::uint32_t>(length);
  operation.write.tag = kPreallocateTag;
  operation.preallocation = true;
  operation.looks_left = options_.preallocation_late ? 1'000 : 0;
  queued_.push_back(operation);
  return true;
}

bool FakeBackend::try_sync() noexcept {
  for (const Operation& other : queued_) EXPECT_FALSE(other.sync) << "two syncs at once";
  for (const Operation& other : in_flight_) EXPECT_FALSE(other.sync) << "two syncs at once";
  ++tally_->syncs;
  if (sync_hook_) sync_hook_(false);
  unsynced_at_sync_ = unsynced_.size();
  Operation operation;
  operation.write.tag = kSyncTag;
  operation.sync = true;
  operation.looks_left = options_.longest_delay;
  queued_.push_back(operation);
  return true;
}

// Of each write that no sync has covered the disk holds all, nothing, or the first half.
void FakeBackend::lose_power() noexcept {
  tally_->power_lost = true;
  const int source = plain_.get();
  const UniqueFd copy(
      ::open(options_.power_loss_copy.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  EXPECT_TRUE(static_cast<bool>(copy)) << errno;
  std::vector<char> bytes(std::size_t{1} << 20);
  off_t at = 0;
  for (ssize_t count = 0; (count = ::pread(source, bytes.data(), bytes.size(), at)) > 0;) {
    EXPECT_EQ(::pwrite(copy.get(), bytes.data(), static_cast<std::size_t>(count), at), count);
    at += count;
  }
  for (auto undo = unsynced_.rbegin(); undo != unsynced_.rend(); ++undo) {
    const std::uint64_t keep = random_() % 3 * undo->before.size() / 2;
    if (keep >= undo->before.size()) continue;
    const auto lost = static_cast<ssize_t>(undo->before.size() - keep);
    EXPECT_EQ(::pwrite(copy.get(), &undo->before[keep], static_cast<std::size_t>(lost),
                       static_cast<off_t>(undo->offset + keep)),
              lost);
  }
}

void FakeBackend::flush() noexcept {
  in_flight_.insert(in_flight_.end(), queued_.begin(), queued_.end());
  queued_.clear();
}

std::int32_t FakeBackend::write_out(const IoWrite& write, std::uint32_t length) noexcept {
  if (options_.power_loss_at != 0) {
    Undo undo{write.offset, std::vector<char>(length)};
    EXPECT_GE(::pread(plain_.get(), undo.before.data(), length, static_cast<off_t>(write.offset)),
              0);
    unsynced_.push_back(std::move(undo));
  }
  const ssize_t written =
      ::pwrite(plain_.get(), write.data, length, static_cast<off_t>(write.offset));
  EXPECT_EQ(written, static_cast<ssize_t>(length)) << "the test's own file system failed";
  return static_cast<std::int32_t>(length);
}

std::int32_t FakeBackend::complete(const Operation& operation) noexcept {
  const IoWrite& write = operation.write;
  if (operation.preallocation) {
    if (options_.preallocation_fails) return -EOPNOTSUPP;
    if (options_.disk_bytes != 0 && write.offset + write.length > options_.disk_bytes) {
      return -ENOSPC;
    }
    if (options_.cancelled_preallocations != 0) {
      --options_.cancelled_preallocations;
      return -ECANCELED;
    }
    return ::fallocate(plain_.get(), 0, static_cast<off_t>(write.offset),
                       static_cast<off_t>(write.length)) == 0
               ? 0
               : -errno;
  }
  if (operation.sync) {
    if (options_.refused_syncs != 0) {
      --options_.refused_syncs;
      return -EIO;
    }
    if (options_.cancelled_syncs != 0) {
      --options_.cancelled_syncs;
      return -ECANCELED;
    }
    unsynced_.erase(unsynced_.begin(),
                    unsynced_.begin() + static_cast<std::ptrdiff_t>(unsynced_at_sync_));
    if (sync_hook_) sync_hook_(true);
    return 0;
  }
  if (options_.disk_bytes != 0 && write.offset + write.length > options_.disk_bytes) return -ENOSPC;
  EXPECT_EQ(checksum_of(write), operation.checksum)
      << "the bytes of write " << operation.number << " at " << write.offset
      << " changed while it was in flight";
  switch (operation.fault) {
    case Fault::kNone:
    case Fault::kNoRoom:
      return write_out(write, write.length);
    case Fault::kShortHalf:
      return write_out(write, write.length / 2);
    case Fault::kShortByte:
      return write_out(write, write.length - 1);
    case Fault::kShortOneByte:
      return write_out(write, 1);
    case Fault::kNothingWritten:
      return 0;
    case Fault::kInterrupted:
      return -EINTR;
    case Fault::kAgain:
      return -EAGAIN;
    case Fault::kCancelled:
      return -ECANCELED;
    case Fault::kDirectRefused:
      return -EINVAL;
    case Fault::kMemoryRefused:
      return -EFAULT;
    case Fault::kNoSpace:
      return -ENOSPC;
    case Fault::kIoError:
      return -EIO;
    case Fault::kTrouble:
      return -options_.disk_error;
  }
  return -EIO;
}

std::size_t FakeBackend::reap(std::span<IoCompletion> completions) noexcept {
  if (options_.reordered) std::shuffle(in_flight_.begin(), in_flight_.end(), random_);
  std::size_t count = 0;
  for (std::size_t i = 0; i < in_flight_.size() && count < completions.size();) {
    Operation& operation = in_flight_[i];
    if (operation.stuck || operation.looks_left != 0) {
      operation.looks_left -= operation.looks_left == 0 ? 0 : 1;
      ++i;
      continue;
    }
    const Operation done = operation;
    in_flight_.erase(in_flight_.begin() + static_cast<std::ptrdiff_t>(i));
    completions[count++] = {done.write.tag, complete(done)};
    idle_waits_ = 0;
  }
  return count;
}

void FakeBackend::wait(std::uint64_t) noexcept {
  flush();
  if (options_.fed_by_another_thread && in_flight_.empty()) {
    std::this_thread::yield();
    return;
  }
  // Time passes: what is not stuck gets ready in the end.
  for (Operation& operation : in_flight_) {
    operation.looks_left -= operation.looks_left == 0 ? 0 : 1;
  }
  if (++idle_waits_ == 100 && options_.stuck && options_.on_long_wait) options_.on_long_wait();
  if (idle_waits_ == kHopelessWaits && !options_.stuck) {
    ADD_FAILURE() << "the writer waits for ever, with " << in_flight_.size() << " in flight";
    std::abort();
  }
}

}  // namespace capstan::test
