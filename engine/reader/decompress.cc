// gzip by zlib and zstd by libzstd, as ByteStreams. All of both libraries' calls are here.
#include <zlib.h>
#include <zstd.h>

#include <array>

#include "engine/core/check.h"
#include "engine/reader/byte_stream.h"

namespace capstan {

namespace {

constexpr std::size_t kPackedBytes = 128U << 10;

// The part both share: a buffer of packed bytes, refilled as the library uses it up.
class DecompressStream : public ByteStream {
 public:
  explicit DecompressStream(std::unique_ptr<ByteStream> packed) : packed_(std::move(packed)) {}
  const std::string& error() const noexcept override { return error_; }

 protected:
  // False at the end of the packed bytes.
  bool refill() {
    used_ = 0;
    size_ = packed_->read(buffer_.data(), buffer_.size());
    if (size_ == 0) error_ = packed_->error();
    return size_ != 0;
  }

  // The packed bytes ended or the library refused them: the end of this stream either way.
  std::size_t stop(const char* why) {
    if (error_.empty() && why != nullptr) error_ = why;
    stopped_ = true;
    return 0;
  }

  std::unique_ptr<ByteStream> packed_;
  std::array<std::uint8_t, kPackedBytes> buffer_{};
  std::size_t used_ = 0;
  std::size_t size_ = 0;
  bool in_member_ = false;  // inside a gzip member or zstd frame
  bool stopped_ = false;
  std::string error_;
};

class GzipStream final : public DecompressStream {
 public:
  explicit GzipStream(std::unique_ptr<ByteStream> packed) : DecompressStream(std::move(packed)) {
    // 16: expect the gzip wrapper; the check sum is verified by the library.
    const int result = ::inflateInit2(&state_, 16 + MAX_WBITS);
    CAPSTAN_CHECK(result == Z_OK, result);
  }
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;
  ~GzipStream() override { ::inflateEnd(&state_); }

  std::size_t read(std::uint8_t* to, std::size_t size) override {
    while (!stopped_) {
      if (used_ == size_ && !refill()) {
        return stop(in_member_ ? "the gzip data is cut short" : nullptr);
      }
      state_.next_in = buffer_.data() + used_;
      state_.avail_in = static_cast<uInt>(size_ - used_);
      state_.next_out = to;
      const auto room = static_cast<uInt>(size);
      state_.avail_out = room;
      in_member_ = true;
      const int result = ::inflate(&state_, Z_NO_FLUSH);
      used_ = size_ - state_.avail_in;
      const std::size_t count = room - state_.avail_out;
      produced_ = produced_ || count > 0;
      if (result == Z_STREAM_END) {
        in_member_ = false;
        ::inflateReset(&state_);  // another member may follow (RFC 1952 section 2.2)
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        // What is no member behind the last one is padding; gzip(1) ignores it as well.
        const bool is_padding = produced_ && state_.total_out == 0;
        stop(is_padding ? nullptr : "the gzip data is damaged");
      }
      if (count > 0) return count;
    }
    return 0;
  }

 private:
  z_stream state_{};
  bool produced_ = false;
};

class ZstdStream final : public DecompressStream {
 public:
  explicit ZstdStream(std::unique_ptr<ByteStream> packed)
      : DecompressStream(std::move(packed)), state_(::ZSTD_createDStream()) {
    CAPSTAN_CHECK(state_ != nullptr);
  }
  ZstdStream(const ZstdStream&) = delete;
  ZstdStream& operator=(const ZstdStream&) = delete;
  ~ZstdStream() override { ::ZSTD_freeDStream(state_); }

  std::size_t read(std::uint8_t* to, std::size_t size) override {
    while (!stopped_) {
      // The library may hold output back when `to` was full, so it is asked before the refill.
      if (used_ == size_ && !output_pending_ && !refill()) {
        return stop(in_member_ ? "the zstd data is cut short" : nullptr);
      }
      ZSTD_inBuffer in{buffer_.data(), size_, used_};
      ZSTD_outBuffer out{to, size, 0};
      const std::size_t result = ::ZSTD_decompressStream(state_, &out, &in);
      used_ = in.pos;
      if (::ZSTD_isError(result) != 0) return stop("the zstd data is damaged");
      in_member_ = result != 0;
      output_pending_ = out.pos == out.size;
      if (out.pos > 0) return out.pos;
    }
    return 0;
  }

 private:
  ZSTD_DStream* state_;
  bool output_pending_ = false;
};

}  // namespace

std::unique_ptr<ByteStream> decompress(Compression compression,
                                       std::unique_ptr<ByteStream> packed) {
  switch (compression) {
    case Compression::kGzip:
      return std::make_unique<GzipStream>(std::move(packed));
    case Compression::kZstd:
      return std::make_unique<ZstdStream>(std::move(packed));
    case Compression::kNone:
      break;
  }
  return packed;
}

}  // namespace capstan
