// BodyDecoder: decodes the content coding of a body piece by piece (RFC 9110 section 8.4.1; raw
// deflate for WebSocket messages, RFC 7692).
#pragma once

#include <zlib.h>

#include <string_view>

#include "engine/audit/facts.h"
#include "engine/audit/secret_buffer.h"

namespace capstan::audit {

enum class ContentCoding : std::uint8_t { kIdentity, kDeflated, kRawDeflate, kUnreadable };
// The coding named by a Content-Encoding value: gzip, x-gzip and deflate can be read, other codings
// cannot.
ContentCoding content_coding(std::string_view value) noexcept;

// One thread. Bounded: of a decompression bomb only as much is decoded as the caller asks for.
class BodyDecoder {
 public:
  explicit BodyDecoder(ContentCoding coding) noexcept : coding_(coding) {}
  ~BodyDecoder();
  BodyDecoder(const BodyDecoder&) = delete;
  BodyDecoder& operator=(const BodyDecoder&) = delete;

  // Decodes `bytes` and passes the result in pieces to take(Bytes), which returns whether it wants
  // more. False: these bytes cannot be decoded, nor can any that follow.
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
