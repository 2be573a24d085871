// Any bytes as an index, with their checksums put right so that what lies behind them is reached:
// every call ends within its bounds, with an answer or with a reason.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/core/check.h"
#include "engine/index/index_reader.h"
#include "tests/support/index_forge.h"

namespace {

using namespace capstan;

void read_all(const std::vector<std::uint8_t>& bytes) {
  IndexReader::Opened opened = IndexReader::from_bytes_unchecked(bytes);
  CAPSTAN_CHECK(opened.reader.has_value() == (opened.refusal == IndexRefusal::kNone));
  if (!opened.reader) {
    CAPSTAN_CHECK(!opened.reason.empty());
    return;
  }
  IndexReader& index = *opened.reader;
  const std::uint32_t rows = index.summary().rows;
  RowIds found;
  for (std::uint8_t kind = 1; kind <= kLastKeyKind; ++kind) {
    KeyRange range;
    range.low.kind = static_cast<KeyKind>(kind);
    range.high.fill(0xff);
    if (!index.find(range, found) || !index.find_unknown(range.low.kind, found)) break;
  }
  IndexRow row;
  std::vector<std::uint32_t> blocks;
  for (const std::uint32_t id : found) {
    CAPSTAN_CHECK(id < rows, id, rows);
    if (!index.read_row(id, row) || !index.read_row_blocks(id, blocks)) break;
    for (const std::uint32_t block : blocks) {
      CAPSTAN_CHECK(block < index.blocks()->size(), block, index.blocks()->size());
    }
  }
  static_cast<void>(index.lost_between(0, ~std::uint64_t{0}));
  CAPSTAN_CHECK(index.check() == index.error().empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::uint8_t> bytes(data, data + size);
  read_all(bytes);
  capstan::test::forge_checksums(bytes);
  read_all(bytes);
  return 0;
}
