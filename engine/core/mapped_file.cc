#include "engine/core/mapped_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <utility>

#include "engine/core/errors.h"

namespace capstan {

namespace {

constexpr std::uintptr_t kFree = 0;
constexpr std::uintptr_t kTaken = 1;  // lower than any mapping

// Read by the signal handler: no lock, no memory of its own, never destroyed.
std::array<MappedFile::Guard, 256> guards;
std::uintptr_t page_bytes = 4096;  // written before the handler is installed

MappedFile::Guard* take_guard(const MmapRegion& region) noexcept {
  for (MappedFile::Guard& guard : guards) {
    std::uintptr_t free = kFree;
    if (!guard.begin.compare_exchange_strong(free, kTaken, std::memory_order_acq_rel)) continue;
    const auto begin = reinterpret_cast<std::uintptr_t>(region.data());
    guard.lost.store(0, std::memory_order_relaxed);
    guard.end.store(begin + region.size(), std::memory_order_release);
    guard.begin.store(begin, std::memory_order_release);
    return &guard;
  }
  return nullptr;
}

// From the page of `address` on, zeros. All of it, for the file has nothing behind that page
// either.
bool put_zeros(MappedFile::Guard& guard, std::uintptr_t address) noexcept {
  const std::uintptr_t begin = guard.begin.load(std::memory_order_acquire);
  const std::uintptr_t end = guard.end.load(std::memory_order_acquire);
  // Another thread may have given the place to another mapping in between: then these are the begin
  // of one and the end of the other, and what lies between belongs to neither.
  const bool is_one = guard.begin.load(std::memory_order_acquire) == begin;
  if (!is_one || begin <= kTaken || address < begin || address >= end) return false;
  const std::uintptr_t page = address - address % page_bytes;
  void* const zeros = ::mmap(reinterpret_cast<void*>(page), end - page, PROT_READ,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  if (zeros == MAP_FAILED) return false;
  std::uintptr_t lowest = guard.lost.load(std::memory_order_relaxed);
  while ((lowest == 0 || page < lowest) &&
         !guard.lost.compare_exchange_weak(lowest, page, std::memory_order_relaxed)) {
  }
  return true;
}

void on_lost_page(int signal, siginfo_t* info, void* /*context*/) noexcept {
  const int error = errno;
  if (info->si_code == BUS_ADRERR) {
    const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
    for (MappedFile::Guard& guard : guards) {
      if (!put_zeros(guard, address)) continue;
      errno = error;
      return;
    }
  }
  ::signal(signal, SIG_DFL);
  ::raise(signal);  // as soon as this returns
}

}  // namespace

MappedFile MappedFile::map(int fd, std::size_t size_bytes) noexcept {
  MappedFile file;
  file.fd_ = UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!file.fd_) return {};
  void* const address = ::mmap(nullptr, size_bytes, PROT_READ, MAP_PRIVATE, fd, 0);
  if (address == MAP_FAILED) return {};
  file.region_ = MmapRegion(address, size_bytes);
  ::madvise(address, size_bytes, MADV_SEQUENTIAL);  // advice; nothing depends on it
  file.guard_ = take_guard(file.region_);
  return file;
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : region_(std::move(other.region_)),
      fd_(std::move(other.fd_)),
      guard_(std::exchange(other.guard_, nullptr)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  if (this == &other) return *this;
  forget();
  region_ = std::move(other.region_);
  fd_ = std::move(other.fd_);
  guard_ = std::exchange(other.guard_, nullptr);
  return *this;
}

// Before the mapping goes: another one may get its addresses.
void MappedFile::forget() noexcept {
  if (guard_ == nullptr) return;
  guard_->begin.store(kTaken, std::memory_order_release);
  guard_->end.store(0, std::memory_order_relaxed);
  guard_->begin.store(kFree, std::memory_order_release);
  guard_ = nullptr;
}

std::optional<LostBytes> MappedFile::lost() const noexcept {
  if (!region_) return std::nullopt;
  struct stat status {};
  if (::fstat(fd_.get(), &status) == 0 &&
      static_cast<std::uint64_t>(status.st_size) < region_.size()) {
    return LostBytes{static_cast<std::uint64_t>(status.st_size), true};
  }
  const std::uintptr_t lost = guard_ == nullptr ? 0 : guard_->lost.load(std::memory_order_relaxed);
  if (lost == 0) return std::nullopt;
  return LostBytes{lost - reinterpret_cast<std::uintptr_t>(region_.data()), false};
}

void MappedFile::throw_if_lost(const std::string& path) const {
  const std::optional<LostBytes> bytes = lost();
  if (!bytes) return;
  throw std::runtime_error(path +
                           (bytes->shorter ? ": it became shorter while it was read, at byte "
                                           : ": the disk did not give the bytes from here on: ") +
                           std::to_string(bytes->offset));
}

void survive_lost_pages() {
  page_bytes = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  struct sigaction action {};
  action.sa_sigaction = on_lost_page;
  action.sa_flags = SA_SIGINFO;
  ::sigemptyset(&action.sa_mask);
  if (::sigaction(SIGBUS, &action, nullptr) != 0) throw_errno("sigaction SIGBUS");
}

}  // namespace capstan
