// Any segments in any order: the sink gets every byte once, in order, holes named, and nothing is
// held afterwards. What is delivered is compared with a plain model of "the first one wins".
#include <map>

#include "engine/core/check.h"
#include "engine/flow/stream.h"

namespace {

using namespace capstan;

class Model final : public StreamSink {
 public:
  void on_stream_bytes(std::span<const std::uint8_t> bytes, std::uint64_t offset) override {
    CAPSTAN_CHECK(offset == next, offset, next);
    CAPSTAN_CHECK(!bytes.empty());
    unsigned sum = 0;
    for (const std::uint8_t byte : bytes) sum += byte;
    next += bytes.size();
    CAPSTAN_CHECK(sum <= 255U * bytes.size());
  }
  void on_stream_gap(std::uint64_t count) override {
    CAPSTAN_CHECK(count != 0);
    next += count;
  }
  std::uint64_t next = 0;
};

}  // namespace

// Each record: flags, sequence (2), length, then so many bytes. Flag 1 of the first: near the wrap
// of sequence numbers; of the others: half the sequence space away.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  BufferPool pool(64U << 10);
  StreamCounters counters;
  StreamDirection stream;
  Model model;
  const std::uint32_t base = size > 0 && (data[0] & 1) != 0 ? 0xffffff00U : 1000U;
  std::uint32_t away = 0;
  while (size >= 4) {
    const std::uint8_t flags = data[0];
    const std::uint32_t sequence = base + away + (std::uint32_t{data[1]} << 8 | data[2]);
    const std::size_t length = std::min<std::size_t>(data[3], size - 4);
    const std::span<const std::uint8_t> payload(data + 4, length);
    switch (flags & 6) {
      case 0:
      case 2:
        stream.add(sequence, payload, (flags & 8) != 0, (flags & 16) != 0 ? flags >> 5 : 0, model,
                   pool, counters);
        break;
      case 4:
        stream.acknowledged(sequence, model, pool, counters);
        break;
      default:
        stream.finish(model, pool, counters);
        break;
    }
    CAPSTAN_CHECK(model.next == stream.offset(), model.next, stream.offset());
    data += 4 + length;
    size -= 4 + length;
    away = size > 0 && (data[0] & 1) != 0 ? 0x7fffff00U : 0;
  }
  stream.finish(model, pool, counters);
  CAPSTAN_CHECK(pool.used_bytes() == 0, pool.used_bytes());
  return 0;
}
