// The lock (flock) by which a recorder keeps `capstan repair` and other recorders off its file.
#pragma once

namespace capstan {

// Takes the lock of an open file; it goes with the descriptor. False, with errno set, when another
// has it. Waits when the holder is no living process: the io_uring of one that was killed lets go
// of its files only some time after the process is gone (io_ring_exit_work).
[[nodiscard]] bool try_lock_file(int fd);

// Gives it up in front of the last close, which an io_uring that knows the file puts off for a
// while: to whoever looks meanwhile the file would still be written.
void unlock_file(int fd) noexcept;

}  // namespace capstan
