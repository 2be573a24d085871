#include "tools/show/output_stream.h"

#include <cerrno>

#include "engine/core/errors.h"
#include "engine/core/write_all.h"

namespace capstan::show {

OutputStream::OutputStream(int fd) : fd_(fd), buffer_(kPieceBytes, '\0') {}

void OutputStream::write_all(const char* data, std::size_t size) {
  if (closed_ || size == 0) return;
  const WriteOutcome outcome = capstan::write_all(fd_, data, size);
  if (outcome.error == EPIPE) {
    closed_ = true;
  } else if (outcome.error != 0) {
    throw_system_error(outcome.error, "write the output",
                       outcome.error == ENOSPC ? "Free some space, or write elsewhere" : "");
  }
}

}  // namespace capstan::show
