#include "engine/core/read_all.h"

#include <unistd.h>

#include <cerrno>

namespace capstan {

int pread_all(int fd, std::span<std::uint8_t> to, std::uint64_t offset) noexcept {
  while (!to.empty()) {
    const ssize_t count = ::pread(fd, to.data(), to.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    if (count == 0) return EIO;
    to = to.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return 0;
}

}  // namespace capstan
