// The backends without io_uring: pwrite(2) where io_uring is forbidden, write(2) for pipes and
// terminals, and one that writes nothing, to measure the capture alone.
#pragma once

#include <memory>

#include "writers/io/io_backend.h"

namespace capstan {

// Each write, preallocation and sync happens within the try_ call and blocks the writer thread: the
// price of a kernel without io_uring.
std::unique_ptr<IoBackend> make_pwrite_backend();

// For targets that cannot seek. Requires: writes are submitted in the order of their offsets,
// without gaps. A slow reader blocks the writer thread; when the reader has gone, writes fail with
// -EPIPE (SIGPIPE must be ignored).
std::unique_ptr<IoBackend> make_stream_backend();

// Every write succeeds and nothing is written.
std::unique_ptr<IoBackend> make_null_backend();

}  // namespace capstan
