// Any bytes as a recording: what is said of its losses never claims more than its bytes can bear,
// alone and together with itself.
#include <cstddef>
#include <cstdint>

#include "engine/core/check.h"
#include "engine/core/errors.h"
#include "engine/reader/recordings_together.h"

namespace {

void check(const std::uint8_t* data, std::size_t size) {
  using capstan::LossProof;
  capstan::CaptureFile file = capstan::CaptureFile::from_bytes({data, size}, "x");
  const capstan::RecordingSummary summary = capstan::summarize(file);
  const capstan::LossReport& loss = summary.loss;
  CAPSTAN_CHECK(loss.spans.size() <= capstan::kMaxLossSpans, loss.spans.size());
  if (loss.proof == LossProof::kProved) {
    CAPSTAN_CHECK(summary.end.clean(), size);
    CAPSTAN_CHECK(loss.whole_file, size);
    CAPSTAN_CHECK(loss.has_closing_ledger, size);
  }
  CAPSTAN_CHECK(!loss.lossless() || (loss.missing == 0 && loss.dropped == 0), loss.missing);
  capstan::RecordingsTogether together;
  together.add(summary);
  const capstan::TogetherReport one = together.report();
  CAPSTAN_CHECK(one.proof <= loss.proof || loss.stripes > 1, size);
  together.add(summary);
  CAPSTAN_CHECK(together.report().files == 2, size);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    check(data, size);
  } catch (const capstan::UsageError&) {  // no capture file
  }
  return 0;
}
