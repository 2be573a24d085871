#include "tools/show/output_stream.h"

#include <unistd.h>

#include <cerrno>

#include "engine/core/errors.h"

namespace capstan::show {

OutputStream::OutputStream(int fd) : fd_(fd), buffer_(kPieceBytes, '\0') {}

void OutputStream::write_all(const char* data, std::size_t size) {
  while (size > 0 && !closed_) {
    const ssize_t written = ::write(fd_, data, size);
    if (written < 0) {
      if (errno == EINTR) continue;
      if (errno == EPIPE) {
        closed_ = true;
        return;
      }
      throw_errno("write the output", "Is the disk full?");
    }
    data += written;
    size -= static_cast<std::size_t>(written);
  }
}

}  // namespace capstan::show
