#include "writers/io/uring_backend.h"

#include <liburing.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "engine/core/clock.h"

namespace capstan {

namespace {

// The kernel registers at most 1 GiB in one buffer (io_uring_register(2)).
constexpr std::size_t kMaxRegisteredBytes = std::size_t{1} << 30;

class UringBackend final : public IoBackend {
 public:
  explicit UringBackend(const io_uring& ring) noexcept : ring_(ring) {}
  ~UringBackend() override { ::io_uring_queue_exit(&ring_); }

  void use_file(int fd) noexcept override;
  int register_memory(std::span<const std::span<std::uint8_t>> regions) noexcept override;
  bool try_submit(const IoWrite& write) noexcept override;
  bool try_preallocate(std::uint64_t offset, std::uint64_t length) noexcept override;
  bool try_sync() noexcept override;
  void flush() noexcept override { ::io_uring_submit(&ring_); }
  std::size_t reap(std::span<IoCompletion> completions) noexcept override;
  void wait(std::uint64_t timeout_ns) noexcept override;

 private:
  int registered_index(const IoWrite& write) const noexcept;

  io_uring ring_;
  int fd_ = -1;
  bool file_registered_ = false;
  std::vector<iovec> registered_;  // ascending only within a region
  unsigned under_way_ = 0;         // submitted and not reaped
  std::size_t last_hit_ = 0;       // writes mostly come from the region of the write before
};

void UringBackend::use_file(int fd) noexcept {
  fd_ = fd;
  if (fd < 0) {
    if (file_registered_) ::io_uring_unregister_files(&ring_);
    file_registered_ = false;
  } else if (file_registered_) {
    file_registered_ = ::io_uring_register_files_update(&ring_, 0, &fd, 1) == 1;
  } else {
    file_registered_ = ::io_uring_register_files(&ring_, &fd, 1) == 0;
  }
}

int UringBackend::register_memory(std::span<const std::span<std::uint8_t>> regions) noexcept {
  std::vector<iovec> buffers;
  for (const std::span<std::uint8_t>& region : regions) {
    for (std::size_t at = 0; at < region.size(); at += kMaxRegisteredBytes) {
      buffers.push_back({region.data() + at, std::min(kMaxRegisteredBytes, region.size() - at)});
    }
  }
  if (buffers.empty()) return 0;
  const int result =
      ::io_uring_register_buffers(&ring_, buffers.data(), static_cast<unsigned>(buffers.size()));
  if (result < 0) return -result;
  registered_ = std::move(buffers);
  return 0;
}

int UringBackend::registered_index(const IoWrite& write) const noexcept {
  const auto holds = [&](const iovec& region) {
    const auto* base = static_cast<const std::uint8_t*>(region.iov_base);
    return write.data >= base && write.data + write.length <= base + region.iov_len;
  };
  if (last_hit_ < registered_.size() && holds(registered_[last_hit_])) {
    return static_cast<int>(last_hit_);
  }
  const auto found = std::find_if(registered_.begin(), registered_.end(), holds);
  return found == registered_.end() ? -1 : static_cast<int>(found - registered_.begin());
}

bool UringBackend::try_submit(const IoWrite& write) noexcept {
  io_uring_sqe* sqe = ::io_uring_get_sqe(&ring_);
  if (sqe == nullptr) {
    ::io_uring_submit(&ring_);
    sqe = ::io_uring_get_sqe(&ring_);
    if (sqe == nullptr) return false;
  }
  const int target = file_registered_ ? 0 : fd_;
  const int buffer = registered_index(write);
  if (buffer >= 0) {
    last_hit_ = static_cast<std::size_t>(buffer);
    ::io_uring_prep_write_fixed(sqe, target, write.data, write.length, write.offset, buffer);
  } else {
    ::io_uring_prep_write(sqe, target, write.data, write.length, write.offset);
  }
  if (file_registered_) sqe->flags |= IOSQE_FIXED_FILE;
  sqe->user_data = write.tag;
  ++under_way_;
  return true;
}

bool UringBackend::try_preallocate(std::uint64_t offset, std::uint64_t length) noexcept {
  io_uring_sqe* sqe = ::io_uring_get_sqe(&ring_);
  if (sqe == nullptr) return false;
  ::io_uring_prep_fallocate(sqe, file_registered_ ? 0 : fd_, 0, static_cast<off_t>(offset),
                            static_cast<off_t>(length));
  if (file_registered_) sqe->flags |= IOSQE_FIXED_FILE;
  sqe->user_data = kPreallocateTag;
  ++under_way_;
  return true;
}

bool UringBackend::try_sync() noexcept {
  io_uring_sqe* sqe = ::io_uring_get_sqe(&ring_);
  if (sqe == nullptr) return false;
  ::io_uring_prep_fsync(sqe, file_registered_ ? 0 : fd_, IORING_FSYNC_DATASYNC);
  if (file_registered_) sqe->flags |= IOSQE_FIXED_FILE;
  sqe->user_data = kSyncTag;
  ++under_way_;
  return true;
}

std::size_t UringBackend::reap(std::span<IoCompletion> completions) noexcept {
  std::size_t count = 0;
  io_uring_cqe* cqe = nullptr;
  // With deferred task work completions appear only on entering the kernel.
  if ((ring_.flags & IORING_SETUP_DEFER_TASKRUN) != 0 && ::io_uring_cq_ready(&ring_) == 0) {
    ::io_uring_get_events(&ring_);
  }
  while (count < completions.size() && ::io_uring_peek_cqe(&ring_, &cqe) == 0) {
    completions[count++] = {static_cast<std::uint32_t>(cqe->user_data), cqe->res};
    ::io_uring_cqe_seen(&ring_, cqe);
    --under_way_;
  }
  return count;
}

void UringBackend::wait(std::uint64_t timeout_ns) noexcept {
  io_uring_cqe* cqe = nullptr;
  __kernel_timespec timeout{};
  timeout.tv_sec = static_cast<long long>(timeout_ns / kNanosecondsPerSecond);
  timeout.tv_nsec = static_cast<long long>(timeout_ns % kNanosecondsPerSecond);
  // Half of what is under way: a wake-up for each write would cost as much as the write.
  const unsigned wanted = std::max(1U, under_way_ / 2);
  ::io_uring_submit_and_wait_timeout(&ring_, &cqe, wanted, &timeout, nullptr);
}

// io_uring runs its operations past seccomp, so the ring itself is bound to what a writer does:
// io_uring_register(2), IORING_REGISTER_RESTRICTIONS. 0, or what the kernel said.
int restrict_to_writing(io_uring& ring) noexcept {
  constexpr std::uint8_t kOperations[] = {IORING_OP_WRITE, IORING_OP_WRITE_FIXED, IORING_OP_FSYNC,
                                          IORING_OP_FALLOCATE,
                                          IORING_OP_TIMEOUT};  // liburing's, before 5.11
  constexpr std::uint8_t kRegistrations[] = {IORING_REGISTER_BUFFERS, IORING_REGISTER_FILES,
                                             IORING_REGISTER_FILES_UPDATE, IORING_UNREGISTER_FILES};
  std::vector<io_uring_restriction> allowed;
  for (const std::uint8_t operation : kOperations) {
    io_uring_restriction& one = allowed.emplace_back();
    one.opcode = IORING_RESTRICTION_SQE_OP;
    one.sqe_op = operation;
  }
  for (const std::uint8_t registration : kRegistrations) {
    io_uring_restriction& one = allowed.emplace_back();
    one.opcode = IORING_RESTRICTION_REGISTER_OP;
    one.register_op = registration;
  }
  io_uring_restriction& flags = allowed.emplace_back();
  flags.opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED;
  flags.sqe_flags = IOSQE_FIXED_FILE;
  // The library of Debian 12 declares functions for these two and does not export them.
  const auto registered = [&ring](unsigned what, const void* argument, std::size_t count) {
    const long result = ::syscall(__NR_io_uring_register, ring.ring_fd, what, argument, count);
    return result < 0 ? -errno : 0;
  };
  const int refused = registered(IORING_REGISTER_RESTRICTIONS, allowed.data(), allowed.size());
  return refused != 0 ? refused : registered(IORING_REGISTER_ENABLE_RINGS, nullptr, 0);
}

}  // namespace

int open_writing_ring(unsigned entries, io_uring& ring) noexcept {
  // Newest first: completions run only when we ask (6.1), only this thread submits (6.0). Without
  // restrictions only where the kernel does not know them (5.10).
  int result = 0;
  for (const unsigned restricted : {IORING_SETUP_R_DISABLED, 0U}) {
    for (const unsigned flags :
         {IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN, IORING_SETUP_COOP_TASKRUN, 0U}) {
      io_uring_params params{};
      params.flags = flags | restricted;
      result = ::io_uring_queue_init_params(entries, &ring, &params);
      if (result != 0 && result != -EINVAL) return result;
      if (result != 0) continue;
      if (restricted == 0 || restrict_to_writing(ring) == 0) return 0;
      ::io_uring_queue_exit(&ring);
      break;
    }
  }
  return result;
}

std::unique_ptr<IoBackend> make_uring_backend(unsigned entries, int& error) {
  io_uring ring{};
  error = -open_writing_ring(entries, ring);
  return error == 0 ? std::make_unique<UringBackend>(ring) : nullptr;
}

}  // namespace capstan
