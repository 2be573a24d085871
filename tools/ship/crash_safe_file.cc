#include "tools/ship/crash_safe_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "engine/core/errors.h"
#include "engine/core/files.h"
#include "engine/core/write_all.h"
#include "engine/format/part_name.h"

namespace capstan::fleet {

UniqueFd begin_file(const std::string& path) {
  const std::string hidden = new_path(path);
  ::unlink(hidden.c_str());  // of one that was interrupted
  UniqueFd fd(::open(hidden.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640));
  if (!fd) throw_errno(fmt::format("create {}", hidden));
  return fd;
}

void finish_file(int fd, const std::string& path) {
  const std::string hidden = new_path(path);
  if (::fsync(fd) != 0) throw_errno(fmt::format("fsync {}", hidden));
  if (::rename(hidden.c_str(), path.c_str()) != 0) throw_errno(fmt::format("rename to {}", path));
  const std::string directory = directory_of(path);
  if (const int error = sync_directory(directory); error != 0) {
    throw_system_error(error, fmt::format("fsync {}", directory));
  }
}

void replace_file(const std::string& path, std::string_view bytes) {
  const UniqueFd fd = begin_file(path);
  const WriteOutcome outcome = write_all(fd.get(), bytes.data(), bytes.size());
  if (outcome.error != 0) {
    ::unlink(new_path(path).c_str());
    throw_system_error(outcome.error, fmt::format("write {}", new_path(path)));
  }
  finish_file(fd.get(), path);
}

void remove_file(const std::string& path) noexcept {
  try {
    ::unlink(new_path(path).c_str());
  } catch (
      const std::exception&) {  // no memory for the name: it is removed when it is next written
  }
  ::unlink(path.c_str());
}

}  // namespace capstan::fleet
