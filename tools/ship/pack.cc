#include <zlib.h>
#include <zstd.h>

#include <stdexcept>
#include <string>

#include "tools/ship/row_format.h"

namespace capstan::fleet {

namespace {

constexpr int kGzipLevel = 1;  // three times as fast as 6, for a tenth more bytes
constexpr int kGzipWindow = 15 + 16;
constexpr int kGzipMemory = 8;
constexpr int kZstdLevel = 1;

std::vector<std::uint8_t> gzip(std::span<const std::uint8_t> bytes) {
  z_stream stream{};
  if (::deflateInit2(&stream, kGzipLevel, Z_DEFLATED, kGzipWindow, kGzipMemory,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("zlib: no memory");
  }
  std::vector<std::uint8_t> packed(::deflateBound(&stream, static_cast<uLong>(bytes.size())));
  stream.next_in = const_cast<Bytef*>(bytes.data());  // NOLINT: zlib's type; it only reads
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  const int result = ::deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  ::deflateEnd(&stream);
  if (result != Z_STREAM_END) throw std::runtime_error("zlib: a batch cannot be packed");
  return packed;
}

std::vector<std::uint8_t> zstd(std::span<const std::uint8_t> bytes) {
  std::vector<std::uint8_t> packed(::ZSTD_compressBound(bytes.size()));
  const std::size_t size =
      ::ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), kZstdLevel);
  if (::ZSTD_isError(size) != 0) {
    throw std::runtime_error(std::string("zstd: ") + ::ZSTD_getErrorName(size));
  }
  packed.resize(size);
  return packed;
}

}  // namespace

std::vector<std::uint8_t> pack(Packing packing, std::span<const std::uint8_t> bytes) {
  switch (packing) {
    case Packing::kNone:
      break;
    case Packing::kGzip:
      return gzip(bytes);
    case Packing::kZstd:
      return zstd(bytes);
  }
  return {bytes.begin(), bytes.end()};
}

}  // namespace capstan::fleet
