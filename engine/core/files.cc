#include "engine/core/files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>

namespace capstan {

int sync_directory(const std::string& directory) noexcept {
  const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd && ::fsync(fd.get()) == 0 ? 0 : errno;
}

UniqueFd open_nameless_file(const std::string& directory) {
  UniqueFd file(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  // Overlayfs of old, NFS, vfat; EISDIR: a kernel that does not know the flag (open(2)).
  if (!file && (errno == EOPNOTSUPP || errno == EISDIR)) {
    std::string name = directory + "/.capstan-XXXXXX";
    file = UniqueFd(::mkostemp(name.data(), O_CLOEXEC));
    if (file) ::unlink(name.c_str());
  }
  return file;
}

}  // namespace capstan
