// The backends without io_uring: pwrite(2) where io_uring is forbidden, write(2) for pipes and
// terminals, and nothing at all for measuring the capture alone.
#pragma once

#include <memory>

#include "writers/io/io_backend.h"

namespace capstan {

// Each write happens within try_submit(), blocking the writer thread. Preallocation and syncing
// too: it is the price of a kernel without io_uring.
std::unique_ptr<IoBackend> make_pwrite_backend();

// For what cannot seek. Requires: writes are submitted in the order of their offsets, without gaps.
// A reader that is slow blocks the writer thread; one that is gone gives -EPIPE (SIGPIPE must be
// ignored).
std::unique_ptr<IoBackend> make_stream_backend();

// Every write succeeds and nothing is written.
std::unique_ptr<IoBackend> make_null_backend();

}  // namespace capstan
