// The lock (flock) by which a recorder keeps `capstan repair` and other recorders off its file.
#pragma once

namespace capstan {

// Takes the exclusive lock of an open file; closing the descriptor releases it. Returns false, with
// errno set, when another process holds it. Waits a while when no living process holds it: the
// io_uring of a killed process releases its files only some time after the process is gone
// (io_ring_exit_work).
[[nodiscard]] bool try_lock_file(int fd);

// Releases the lock before the last close(2). An io_uring that has the file registered delays that
// close, and until then other programs would believe that the file is still being written.
void unlock_file(int fd) noexcept;

}  // namespace capstan
