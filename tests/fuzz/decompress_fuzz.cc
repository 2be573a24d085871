// Any bytes as compressed data: decompression ends, in bounded memory, with bytes or a named error.
#include "engine/core/check.h"
#include "tests/fuzz/reader_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace capstan;
  const Compression compression = detect_compression(data, size);
  if (compression == Compression::kNone) return 0;
  const std::unique_ptr<ByteStream> plain = decompress(
      compression,
      std::make_unique<fuzz::PieceStream>(std::span<const std::uint8_t>(data, size), 100));
  std::uint8_t buffer[4096];
  // A small input can unpack to gigabytes; what is checked shows in the first megabytes.
  for (std::size_t total = 0; total < (4U << 20);) {
    const std::size_t count = plain->read(buffer, sizeof(buffer));
    CAPSTAN_CHECK(count <= sizeof(buffer), count);
    if (count == 0) break;
    total += count;
  }
  return 0;
}
