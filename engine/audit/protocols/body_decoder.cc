#include "engine/audit/protocols/body_decoder.h"

#include <algorithm>

#include "engine/audit/text.h"
#include "engine/audit/wiping_memory.h"

namespace capstan::audit {

namespace {

void* zlib_allocate(void*, unsigned int items, unsigned int size) noexcept {
  return allocate_wiped(std::size_t{items} * size);
}
void zlib_free(void*, void* memory) noexcept { free_wiped(memory); }

constexpr int kRawWindow = -15;
constexpr int kAnyHeadWindow = 15 + 32;  // gzip or zlib, whichever stands there

}  // namespace

ContentCoding content_coding(std::string_view value) noexcept {
  value = trim(value);
  if (value.empty() || equals_nocase(value, "identity")) return ContentCoding::kIdentity;
  for (const std::string_view known : {"gzip", "x-gzip", "deflate"}) {
    if (equals_nocase(value, known)) return ContentCoding::kDeflated;
  }
  return ContentCoding::kUnreadable;
}

BodyDecoder::~BodyDecoder() {
  if (begun_) ::inflateEnd(&stream_);
}

bool BodyDecoder::inflate_some(Bytes& bytes, std::span<std::uint8_t> space,
                               std::size_t& made) noexcept {
  if (!begun_) {
    stream_.zalloc = zlib_allocate;
    stream_.zfree = zlib_free;
    int window = coding_ == ContentCoding::kRawDeflate ? kRawWindow : kAnyHeadWindow;
    // RFC 9110 section 8.4.1.2: some send "deflate" without the zlib head.
    const bool head = bytes[0] == 0x1f || (bytes[0] & 0x0f) == 8;
    if (!head) window = kRawWindow;
    if (::inflateInit2(&stream_, window) != Z_OK) {
      coding_ = ContentCoding::kUnreadable;
      return false;
    }
    begun_ = true;
  }
  stream_.next_in = const_cast<std::uint8_t*>(bytes.data());  // zlib reads it only
  stream_.avail_in = static_cast<unsigned int>(std::min<std::size_t>(bytes.size(), 1U << 20));
  const unsigned int offered = stream_.avail_in;
  stream_.next_out = space.data();
  stream_.avail_out = static_cast<unsigned int>(space.size());
  const int result = ::inflate(&stream_, Z_SYNC_FLUSH);
  bytes = bytes.subspan(offered - stream_.avail_in);
  made = space.size() - stream_.avail_out;
  ended_ = result == Z_STREAM_END;
  if (result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR) return true;
  coding_ = ContentCoding::kUnreadable;
  return false;
}

}  // namespace capstan::audit
