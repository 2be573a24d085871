// write_all: bytes to a descriptor until all are there. The one loop around write(2) for text and
// small files; the recording itself goes through writers/io.
#pragma once

#include <sys/types.h>

#include <cstddef>

namespace capstan {

struct WriteOutcome {
  std::size_t written = 0;
  int error = 0;  // 0: everything is written; else the errno value of what stopped it
};

// For ever: write_all() then waits as long as the descriptor makes it wait.
inline constexpr int kWaitForEver = -1;

// Writes `size` bytes. An interrupted call is repeated. Where the descriptor takes nothing now:
//   kWaitForEver  waits until it does, also when it is non-blocking (poll(2) instead of EAGAIN);
//   otherwise     gives up with EAGAIN when it has taken nothing for `patience_ms`. This does not
//                 block on a blocking pipe, socket or terminal either: it is asked in front of each
//                 piece, and a piece is no longer than PIPE_BUF, which a pipe that says POLLOUT
//                 takes at once (pipe(7)). A file on a disk that hangs is waited for all the same.
// SIGPIPE must be ignored where a pipe's reader may go. Any thread.
[[nodiscard]] WriteOutcome write_all(int fd, const void* data, std::size_t size,
                                     int patience_ms = kWaitForEver) noexcept;

// The same at a place of a file, for ever patient.
[[nodiscard]] WriteOutcome pwrite_all(int fd, const void* data, std::size_t size,
                                      off_t offset) noexcept;

}  // namespace capstan
