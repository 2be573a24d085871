#include "writers/recording/stream_compressor.h"

#include <fmt/format.h>
#include <zstd.h>

#include <new>
#include <stdexcept>

namespace capstan {

StreamCompressor::StreamCompressor(Compression kind) : out_(ZSTD_CStreamOutSize()) {
  if (kind == Compression::kZstd) {
    zstd_ = ZSTD_createCCtx();
    if (zstd_ == nullptr) throw std::bad_alloc();
    static_cast<void>(ZSTD_CCtx_setParameter(zstd_, ZSTD_c_checksumFlag, 1));
    return;
  }
  constexpr int kGzip = 15 + 16;  // the largest window, and gzip's head and tail (zlib.h)
  constexpr int kMemory = 8;      // zlib's usual
  if (::deflateInit2(&deflate_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, kMemory,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
}

StreamCompressor::~StreamCompressor() {
  if (zstd_ == nullptr) ::deflateEnd(&deflate_);
  ZSTD_freeCCtx(zstd_);
}

bool StreamCompressor::compress(std::span<const std::uint8_t>& in, bool last, std::size_t& filled) {
  if (zstd_ != nullptr) {
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    ZSTD_outBuffer to{out_.data(), out_.size(), 0};
    const std::size_t left =
        ZSTD_compressStream2(zstd_, &to, &from, last ? ZSTD_e_end : ZSTD_e_flush);
    if (ZSTD_isError(left) != 0)
      throw std::runtime_error(fmt::format("zstd: {}", ZSTD_getErrorName(left)));
    in = in.subspan(from.pos);
    filled = to.pos;
    return left != 0;
  }
  deflate_.next_in = const_cast<Bytef*>(in.data());  // it only reads it
  deflate_.avail_in = static_cast<uInt>(in.size());
  deflate_.next_out = out_.data();
  deflate_.avail_out = static_cast<uInt>(out_.size());
  if (::deflate(&deflate_, last ? Z_FINISH : Z_SYNC_FLUSH) == Z_STREAM_ERROR)
    throw std::runtime_error("zlib: the stream is inconsistent");
  in = in.last(deflate_.avail_in);
  filled = out_.size() - deflate_.avail_out;
  return deflate_.avail_out == 0;
}

}  // namespace capstan
