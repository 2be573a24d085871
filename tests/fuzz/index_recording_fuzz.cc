// Any bytes as a recording: whatever can be read of it gets an index that holds, whose blocks cover
// it and whose packets are its packets.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "engine/core/check.h"
#include "engine/core/errors.h"
#include "engine/index/file_indexer.h"
#include "engine/reader/capture_file.h"

namespace {

using namespace capstan;

std::uint64_t packets_of(std::span<const std::uint8_t> bytes) {
  CaptureFile file = CaptureFile::from_bytes(bytes, "fuzz");
  PacketView packet;
  std::uint64_t packets = 0;
  while (file.next(packet)) ++packets;
  return packets;
}

void index_and_check(std::span<const std::uint8_t> bytes) {
  IndexRecordingOptions options;
  options.block_bytes = 256;
  options.limits.max_links = 50;
  options.limits.max_rows = 200;
  const IndexedRecording indexed = index_bytes(bytes, "fuzz", options);
  IndexReader::Opened opened = IndexReader::from_bytes(indexed.bytes, identify_bytes(bytes));
  CAPSTAN_CHECK(opened.reader.has_value());
  IndexReader& index = *opened.reader;
  CAPSTAN_CHECK(index.check());
  std::uint64_t end = 0;
  std::uint64_t packets = 0;
  for (const IndexBlock& block : *index.blocks()) {
    CAPSTAN_CHECK(block.offset == end, block.offset, end);
    end = block.offset + block.length_bytes;
    packets += block.packets;
  }
  CAPSTAN_CHECK(end == index.summary().end_offset, end, index.summary().end_offset);
  CAPSTAN_CHECK(packets == packets_of(bytes), packets);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    index_and_check({data, size});
  } catch (const capstan::UsageError&) {
  }
  return 0;
}
