// StreamCompressor: bytes into one gzip or zstd stream, readable up to the last piece at any
// moment.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <span>
#include <vector>

#include "engine/reader/byte_stream.h"

struct ZSTD_CCtx_s;

namespace capstan {

// One thread. Throws std::bad_alloc when made without memory, std::runtime_error when the library
// refuses.
class StreamCompressor {
 public:
  // Requires: not Compression::kNone.
  explicit StreamCompressor(Compression kind);
  ~StreamCompressor();
  StreamCompressor(const StreamCompressor&) = delete;
  StreamCompressor& operator=(const StreamCompressor&) = delete;

  // Takes from the front of `in` and leaves what it makes in out(), `filled` bytes of it. True:
  // there is more to come, and it is to be called again. What has been handed over is flushed;
  // `last` ends the stream.
  bool compress(std::span<const std::uint8_t>& in, bool last, std::size_t& filled);
  const std::uint8_t* out() const noexcept { return out_.data(); }

 private:
  ZSTD_CCtx_s* zstd_ = nullptr;  // null: gzip
  z_stream deflate_{};
  std::vector<std::uint8_t> out_;
};

}  // namespace capstan
