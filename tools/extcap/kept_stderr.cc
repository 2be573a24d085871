#include "tools/extcap/kept_stderr.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/core/errors.h"
#include "engine/core/write_all.h"

namespace capstan::tools {

KeptStderr::KeptStderr()
    : real_(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)),
      kept_(::memfd_create("capstan-stderr", MFD_CLOEXEC)) {
  // Without a standard error there is nothing to keep back, and nobody to tell.
  if (kept_.get() < 0 || ::dup2(kept_.get(), STDERR_FILENO) < 0) {
    throw_errno("keep standard error back");
  }
}

KeptStderr::~KeptStderr() {
  if (real_.get() >= 0) {
    ::dup2(real_.get(), STDERR_FILENO);
  } else {
    ::close(STDERR_FILENO);
  }
}

std::string KeptStderr::read_from(off_t offset) const {
  std::string text;
  char bytes[4096];
  while (true) {
    const ssize_t got = ::pread(kept_.get(), bytes, sizeof(bytes), offset);
    if (got <= 0) return text;
    text.append(bytes, static_cast<std::size_t>(got));
    offset += got;
  }
}

std::string KeptStderr::take_new() {
  std::string text = read_from(taken_);
  taken_ += static_cast<off_t>(text.size());
  return text;
}

void KeptStderr::let_go() {
  const std::string text = read_from(0);
  if (real_.get() >= 0) {
    [[maybe_unused]] const WriteOutcome outcome = write_all(real_.get(), text.data(), text.size());
  }
}

}  // namespace capstan::tools
