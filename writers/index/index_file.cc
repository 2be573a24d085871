#include "writers/index/index_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "engine/core/files.h"
#include "engine/core/unique_fd.h"
#include "engine/core/write_all.h"
#include "engine/format/part_name.h"
#include "engine/index/index_reader.h"

namespace capstan {

namespace {

constexpr std::size_t kPieceBytes = 1U << 20;

// In pieces, so that a large index does not hold the disk's queue at once.
int write_whole(int fd, std::span<const std::uint8_t> bytes) noexcept {
  int error = 0;
  while (!bytes.empty() && error == 0) {
    const auto piece = bytes.first(std::min(bytes.size(), kPieceBytes));
    error = write_all(fd, piece.data(), piece.size()).error;
    bytes = bytes.subspan(piece.size());
  }
  return error;
}

int write_hidden(const std::string& hidden, const struct stat& recording,
                 std::span<const std::uint8_t> bytes, bool sync) noexcept {
  ::unlink(hidden.c_str());  // of one that was interrupted
  const mode_t mode = recording.st_mode & 0666;
  const UniqueFd fd(::open(hidden.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!fd) return errno;
  // Who may read the recording may read what is in it, and nobody else; root makes indexes too.
  if (::fchmod(fd.get(), mode) != 0) return errno;
  if (::geteuid() == 0 && ::fchown(fd.get(), recording.st_uid, recording.st_gid) != 0) return errno;
  if (const int error = write_whole(fd.get(), bytes); error != 0) return error;
  if (sync && ::fdatasync(fd.get()) != 0) return errno;
  ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_DONTNEED);
  return 0;
}

bool exists(const std::string& path, struct stat& status) noexcept {
  return ::stat(path.c_str(), &status) == 0;
}

}  // namespace

std::string hidden_index_path(const std::string& recording_path) {
  return new_path(index_path_of(recording_path));
}

int write_index_file(const std::string& recording_path, std::span<const std::uint8_t> bytes,
                     bool sync) noexcept {
  const std::string path = index_path_of(recording_path);
  const std::string hidden = hidden_index_path(recording_path);
  struct stat recording {};
  if (!exists(recording_path, recording)) return errno;
  int error = write_hidden(hidden, recording, bytes, sync);
  if (error == 0 && ::rename(hidden.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) {
    ::unlink(hidden.c_str());
    return error;
  }
  // Who deletes a recording deletes its index afterwards: one of the two sees the other's work.
  if (!exists(recording_path, recording)) {
    ::unlink(path.c_str());
    return ENOENT;
  }
  return sync ? sync_directory(directory_of(path)) : 0;
}

int remove_index_file(const std::string& recording_path) noexcept {
  ::unlink(hidden_index_path(recording_path).c_str());
  const std::string path = index_path_of(recording_path);
  return ::unlink(path.c_str()) == 0 || errno == ENOENT ? 0 : errno;
}

}  // namespace capstan
