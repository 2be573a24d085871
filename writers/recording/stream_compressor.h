// StreamCompressor: compresses bytes into one gzip or zstd stream, which can be decompressed up to
// the last piece at any moment.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <span>
#include <vector>

#include "engine/reader/byte_stream.h"

struct ZSTD_CCtx_s;

namespace capstan {

// One thread. The constructor throws std::bad_alloc when there is no memory; compress() throws
// std::runtime_error when the library reports an error.
class StreamCompressor {
 public:
  // Requires: not Compression::kNone.
  explicit StreamCompressor(Compression kind);
  ~StreamCompressor();
  StreamCompressor(const StreamCompressor&) = delete;
  StreamCompressor& operator=(const StreamCompressor&) = delete;

  // Takes bytes from the front of `in` and puts the compressed bytes into out(), `filled` of them.
  // Returns true when there is more output: call it again. All bytes taken are flushed; `last` ends
  // the stream.
  bool compress(std::span<const std::uint8_t>& in, bool last, std::size_t& filled);
  const std::uint8_t* out() const noexcept { return out_.data(); }

 private:
  ZSTD_CCtx_s* zstd_ = nullptr;  // null: gzip
  z_stream deflate_{};
  std::vector<std::uint8_t> out_;
};

}  // namespace capstan
