// BodyDecoder: the content coding of a body undone piece by piece (RFC 9110 section 8.4.1; raw
// deflate for WebSocket messages, RFC 7692).
#pragma once

#include <zlib.h>

#include <string_view>

#include "engine/audit/facts.h"
#include "engine/audit/secret_buffer.h"

namespace capstan::audit {

enum class ContentCoding : std::uint8_t { kIdentity, kDeflated, kRawDeflate, kUnreadable };
// Of the value of Content-Encoding: gzip, x-gzip and deflate are read; of what is left nothing is.
ContentCoding content_coding(std::string_view value) noexcept;

// One thread. Bounded: a bomb is read as far as its owner cares to.
class BodyDecoder {
 public:
  explicit BodyDecoder(ContentCoding coding) noexcept : coding_(coding) {}
  ~BodyDecoder();
  BodyDecoder(const BodyDecoder&) = delete;
  BodyDecoder& operator=(const BodyDecoder&) = delete;

  // Gives what `bytes` decode to, in pieces, to take(Bytes), which answers whether it wants more.
  // False: they cannot be decoded, now or from now on.
  template <typename Take>
  bool push(Bytes bytes, const Take& take) {
    if (coding_ == ContentCoding::kUnreadable) return false;
    if (coding_ == ContentCoding::kIdentity) {
      take(bytes);
      return true;
    }
    SecretBuffer<4096> piece;
    bool wanted = true;
    while (wanted && !bytes.empty() && !ended_) {
      std::size_t made = 0;
      if (!inflate_some(bytes, piece.space(), made)) return false;
      piece.set_size(made);
      if (made != 0) wanted = take(piece.bytes());
      if (made == 0 && bytes.empty()) break;
    }
    return true;
  }

 private:
  bool inflate_some(Bytes& bytes, std::span<std::uint8_t> space, std::size_t& made) noexcept;

  z_stream stream_{};
  ContentCoding coding_;
  bool begun_ = false;
  bool ended_ = false;
};

}  // namespace capstan::audit
