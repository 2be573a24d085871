#include "writers/file/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "engine/core/file_size_limit.h"
#include "engine/format/part_name.h"
#include "writers/file/file_lock.h"
#include "writers/file/space_ahead.h"

namespace capstan {

namespace {

// What O_DIRECT asks of offsets and memory on every file system met so far: the logical block size
// of the disk, 512 or 4096. One that wants more refuses the write, and writing goes on without
// O_DIRECT.
constexpr std::uint32_t kDirectAlignmentBytes = 4096;
constexpr mode_t kFileMode = 0640;

// fifo(7): opening for writing waits for a reader, and with O_NONBLOCK fails with ENXIO without
// one. Signals being blocked, only the latter can be interrupted.
int open_fifo(const std::string& path, const std::atomic<bool>* abandon) {
  constexpr std::uint64_t kFifoLookNs = 20 * kNanosecondsPerMillisecond;
  while (true) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0) {
      ::fcntl(fd, F_SETFL, 0);
      return fd;
    }
    if (errno != ENXIO) return fd;
    if (abandon != nullptr && abandon->load(std::memory_order_relaxed)) {
      throw_system_error(ECANCELED, fmt::format("wait for a reader of {}", path));
    }
    sleep_ns(kFifoLookNs);
  }
}

std::string mend_for_create(int error, const std::string& directory) {
  switch (error) {
    case ENOENT:
      return fmt::format("Make the directory first: mkdir -p {}", directory);
    case EACCES:
    case EPERM:
      return fmt::format("The directory {} must be writable for this user", directory);
    case EROFS:
      return "The file system is mounted read-only";
    case ENOSPC:
      return "Free some space, or record to another disk";
    default:
      return "";
  }
}

}  // namespace

OutputFile::OutputFile(OutputFileOptions options, const std::atomic<bool>* abandon)
    : options_(std::move(options)) {
  struct stat status {};
  const bool exists = options_.path != "-" && ::stat(options_.path.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) {
    throw_system_error(EISDIR, fmt::format("write to {}", options_.path),
                       fmt::format("Name a file in it: {}/NAME.pcapng", options_.path));
  }
  if (options_.path == "-" || (exists && !S_ISREG(status.st_mode))) {
    open_special(exists && S_ISFIFO(status.st_mode), abandon);
  } else {
    open_regular();
  }
}

OutputFile::~OutputFile() {
  if (fd_ && !kept_) discard();
}

void OutputFile::open_special(bool is_fifo, const std::atomic<bool>* abandon) {
  kind_ = options_.path == "/dev/null" ? OutputKind::kNull : OutputKind::kStream;
  const int fd = options_.path == "-" ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
                 : is_fifo            ? open_fifo(options_.path, abandon)
                                      : ::open(options_.path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) throw_errno(fmt::format("open {}", options_.path));
  fd_ = UniqueFd(fd);
  if (options_.path == "-" && ::isatty(fd) != 0) {
    throw UsageError(
        "standard output is a terminal, which would only be filled with binary data; "
        "pipe it into a program or name a file");
  }
}

void OutputFile::open_regular() {
  part_path_ = part_path(options_.path);
  constexpr int kFlags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
  fd_ = UniqueFd(::open(part_path_.c_str(), kFlags, kFileMode));
  if (!fd_) {
    const int error = errno;
    throw_system_error(error, fmt::format("create {}", part_path_),
                       mend_for_create(error, directory_of(options_.path)));
  }
  if (!try_lock_file(fd_.get())) {
    throw_errno(fmt::format("lock {}", part_path_), "Another capstan is writing this recording");
  }
  struct stat status {};
  if (::fstat(fd_.get(), &status) != 0) throw_errno(fmt::format("look at {}", part_path_));
  if (status.st_size != 0) {
    throw_system_error(
        EEXIST, fmt::format("create {}: it holds a recording that was cut short", part_path_),
        fmt::format("Finish it first: capstan repair {}", part_path_));
  }
  if (options_.direct) {
    // Switched on after opening, so that a refusal costs nothing but this call.
    if (::fcntl(fd_.get(), F_SETFL, O_DIRECT) == 0) {
      direct_ = true;
      alignment_bytes_ = kDirectAlignmentBytes;
    } else {
      direct_refused_errno_ = errno;
    }
  }
  if (options_.preallocate_bytes != 0) take_first_space();
}

std::uint64_t OutputFile::room_behind(std::uint64_t end) const noexcept {
  struct statvfs space {};
  if (::fstatvfs(fd_.get(), &space) != 0) return 0;
  const std::uint64_t free_bytes = std::uint64_t{space.f_bavail} * space.f_frsize;
  const std::uint64_t most = file_size_limit();
  return std::min(free_bytes, most > end ? most - end : 0);
}

// Other programs share the disk: a share of what is free, and on a disk that is nearly full at
// least a page, to learn whether it has one.
void OutputFile::take_first_space() {
  std::uint64_t length = std::min(options_.preallocate_bytes, room_behind(0) / SpaceAhead::kShare);
  length = std::max<std::uint64_t>(length & ~std::uint64_t{kDirectAlignmentBytes - 1},
                                   kDirectAlignmentBytes);
  if (::fallocate(fd_.get(), 0, 0, static_cast<off_t>(length)) == 0) {
    can_preallocate_ = true;
    preallocated_bytes_ = length;
    return;
  }
  if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG) space_refusal_ = errno;
  can_preallocate_ = space_refusal_ != 0;
  // ext4 keeps what it could get.
  if (::ftruncate(fd_.get(), 0) != 0) can_preallocate_ = false;
}

bool OutputFile::give_up_direct() noexcept {
  // Several writes may have been under way with O_DIRECT; each of them is worth a repetition.
  if (direct_given_up_) return true;
  const int flags = ::fcntl(fd_.get(), F_GETFL);
  if (flags < 0 || (flags & O_DIRECT) == 0) return false;
  direct_given_up_ = ::fcntl(fd_.get(), F_SETFL, flags & ~O_DIRECT) == 0;
  return direct_given_up_;
}

bool OutputFile::deleted() const noexcept {
  struct stat status {};
  return kind_ == OutputKind::kFile && fd_ && ::fstat(fd_.get(), &status) == 0 &&
         status.st_nlink == 0;
}

bool OutputFile::reachable() const noexcept {
  struct stat own {};
  struct stat named {};
  return ::fstat(fd_.get(), &own) == 0 && ::lstat(part_path_.c_str(), &named) == 0 &&
         own.st_dev == named.st_dev && own.st_ino == named.st_ino;
}

int OutputFile::rename_part(const std::string& path) noexcept {
  const std::string part = part_path(path);
  if (part != part_path_ && ::rename(part_path_.c_str(), part.c_str()) != 0) return errno;
  part_path_ = part;
  options_.path = path;
  return 0;
}

void OutputFile::discard() noexcept {
  if (kind_ == OutputKind::kFile && fd_) {
    // First: an io_uring that still knows the file keeps its blocks for a while after unlink(2),
    // and where that is refused they would stay for good.
    [[maybe_unused]] const int ignored = ::ftruncate(fd_.get(), 0);
    if (reachable()) ::unlink(part_path_.c_str());
  }
  fd_.reset();
}

int OutputFile::close(std::uint64_t size_bytes) noexcept {
  if (kind_ != OutputKind::kFile) {
    fd_.reset();
    return 0;
  }
  kept_ = true;
  int first_error = 0;
  const auto note = [&first_error](int result) {
    if (result != 0 && first_error == 0) first_error = errno;
    return result == 0;
  };
  note(::ftruncate(fd_.get(), static_cast<off_t>(size_bytes)));
  if (options_.sync) note(::fsync(fd_.get()));
  if (!note(::rename(part_path_.c_str(), options_.path.c_str()))) return first_error;
  unlock_file(fd_.get());
  const UniqueFd directory(
      ::open(directory_of(options_.path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory && options_.sync) note(::fsync(directory.get()));
  fd_.reset();
  return first_error;
}

}  // namespace capstan
