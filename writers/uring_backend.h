// UringBackend: writes through io_uring, from registered memory where the kernel takes it.
#pragma once

#include <memory>

#include "writers/io_backend.h"

namespace capstan {

// Makes the ring, for the calling thread alone (IORING_SETUP_SINGLE_ISSUER where the kernel has
// it). Null with the errno value in `error` when the kernel or a security policy refuses: EPERM
// under kernel.io_uring_disabled or seccomp, ENOSYS on kernels without it.
std::unique_ptr<IoBackend> make_uring_backend(unsigned entries, int& error);

}  // namespace capstan
