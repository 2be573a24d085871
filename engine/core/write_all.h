// write_all: writes bytes to a descriptor until all are written. The only loop around write(2) for
// text and small files; recordings are written by writers/io.
#pragma once

#include <sys/types.h>

#include <cstddef>

namespace capstan {

struct WriteOutcome {
  std::size_t written = 0;
  int error = 0;  // 0: everything is written; otherwise the errno value of the call that failed
};

// A value for `patience_ms`: write_all() waits as long as the descriptor makes it wait.
inline constexpr int kWaitForEver = -1;

// Writes `size` bytes. An interrupted call is repeated. When the descriptor accepts nothing at the
// moment:
//   kWaitForEver  waits until it does, also if non-blocking (poll(2) instead of EAGAIN);
//   otherwise     fails with EAGAIN when nothing was accepted for `patience_ms` milliseconds. This
//                 never blocks on a blocking pipe, socket or terminal either: each piece is written
//                 only after poll(2) has reported POLLOUT and is no longer than PIPE_BUF, which a
//                 pipe then accepts at once (pipe(7)). A write to a file on a hanging disk still
//                 blocks.
// The caller must ignore SIGPIPE if a pipe's reader may go away. Any thread.
[[nodiscard]] WriteOutcome write_all(int fd, const void* data, std::size_t size,
                                     int patience_ms = kWaitForEver) noexcept;

// Writes at a given offset of a file; waits without a limit.
[[nodiscard]] WriteOutcome pwrite_all(int fd, const void* data, std::size_t size,
                                      off_t offset) noexcept;

}  // namespace capstan
