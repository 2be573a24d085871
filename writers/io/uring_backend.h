// UringBackend: writes through io_uring, from registered memory where the kernel takes it.
#pragma once

#include <memory>

#include "writers/io/io_backend.h"

struct io_uring;

namespace capstan {

// A ring of `entries` places for the calling thread alone (IORING_SETUP_SINGLE_ISSUER where the
// kernel has it) that can write, sync and preallocate what is registered or open and nothing else
// (from kernel 5.10 on). 0 and the ring is the caller's, or an errno value below 0.
int open_writing_ring(unsigned entries, io_uring& ring) noexcept;

// Null with the errno value in `error` when the kernel or a security policy refuses: EPERM
// under kernel.io_uring_disabled or seccomp, ENOSYS on kernels without it.
std::unique_ptr<IoBackend> make_uring_backend(unsigned entries, int& error);

}  // namespace capstan
