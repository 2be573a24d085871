// A spool: its head and its table, with the table's checksum put right, so that what lies behind it
// is tried. Whatever it says, a batch lies inside of the file, and is refused unless its bytes have
// their checksum.
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "tools/ship/spool.h"

namespace {

using namespace capstan::fleet;

constexpr std::size_t kHeadBytes = 40;
constexpr std::size_t kTableAt = 24;
constexpr std::size_t kChecksumAt = 36;

void forge_checksum(std::vector<std::uint8_t>& bytes) {
  if (bytes.size() < kHeadBytes) return;
  std::uint64_t table_at = 0;
  std::memcpy(&table_at, bytes.data() + kTableAt, sizeof(table_at));
  if (table_at > bytes.size()) return;
  const auto checksum =
      static_cast<std::uint32_t>(::crc32_z(0, bytes.data() + table_at, bytes.size() - table_at));
  std::memcpy(bytes.data() + kChecksumAt, &checksum, sizeof(checksum));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::uint8_t> bytes(data, data + size);
  forge_checksum(bytes);
  capstan::UniqueFd fd(::memfd_create("spool", MFD_CLOEXEC));
  if (!fd || ::pwrite(fd.get(), bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(size)) {
    std::abort();
  }
  std::string error;
  const auto spool = Spool::from_file(std::move(fd), error);
  if (!spool) {
    if (error.empty()) std::abort();
    return 0;
  }
  for (const Batch& batch : spool->batches()) {
    if (batch.offset > size || batch.bytes > size - batch.offset) std::abort();
    try {
      const std::vector<std::uint8_t> read = spool->read(batch);
      const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(batch.offset);
      if (read.size() != batch.bytes || !std::equal(read.begin(), read.end(), from)) std::abort();
    } catch (const SpoolDamaged&) {
    }
  }
  return 0;
}
