// UringBackend: writes through io_uring, from registered memory where the kernel accepts it.
#pragma once

#include <memory>

#include "writers/io/io_backend.h"

struct io_uring;

namespace capstan {

// Opens an io_uring with `entries` entries, for the calling thread alone
// (IORING_SETUP_SINGLE_ISSUER where the kernel has it). From kernel 5.10 on it can only write, sync
// and preallocate, on registered or open files. Returns 0, after which the caller owns `ring`, or a
// negative errno value.
int open_writing_ring(unsigned entries, io_uring& ring) noexcept;

// Returns null, with the errno value in `error`, when the kernel or a security policy refuses:
// EPERM under kernel.io_uring_disabled or seccomp, ENOSYS on kernels without io_uring.
std::unique_ptr<IoBackend> make_uring_backend(unsigned entries, int& error);

}  // namespace capstan
