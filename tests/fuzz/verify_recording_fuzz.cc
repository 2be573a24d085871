// Any bytes as a recording given to `verify`: it is refused with a name for it or read to an end,
// and every packet and every sequence number is accounted for.
//
// Input: flags (bit 0 laid over the start of a stenotype block, bit 1 a range is expected), bytes.
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "engine/core/check.h"
#include "engine/core/errors.h"
#include "engine/core/unique_fd.h"
#include "tools/traffic/verify.h"

namespace {

using namespace capstan;

void check(const traffic::VerifyReport& report) {
  CAPSTAN_CHECK(report.packets == report.intact + report.truncated + report.damaged + report.other,
                report.packets);
  for (const traffic::StreamReport& stream : report.streams) {
    CAPSTAN_CHECK(stream.expected == stream.received - stream.unexpected + stream.missing,
                  stream.expected, stream.received, stream.unexpected, stream.missing);
    CAPSTAN_CHECK(stream.unexpected <= stream.received, stream.unexpected);
    CAPSTAN_CHECK(stream.first_missing.size() <= traffic::kListedRanges);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr off_t kStenotypeBlock = off_t{1} << 20;
  if (size == 0) return 0;
  const UniqueFd file(::memfd_create("recording", MFD_CLOEXEC));
  CAPSTAN_CHECK(file.get() >= 0);
  const std::size_t length = size - 1;
  CAPSTAN_CHECK(::pwrite(file.get(), data + 1, length, 0) == static_cast<ssize_t>(length));
  if ((data[0] & 1) != 0) CAPSTAN_CHECK(::ftruncate(file.get(), kStenotypeBlock) == 0);
  traffic::VerifyOptions options;
  options.files = {"/proc/self/fd/" + std::to_string(file.get())};
  if ((data[0] & 2) != 0) options.expected = {{1, {0, 99}}};
  try {
    check(traffic::verify(options));
  } catch (const UsageError&) {
    return 0;  // no recording at all
  }
  return 0;
}
