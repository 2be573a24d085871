// Any bytes behind the first word of a pcapng file.
#include <vector>

#include "tests/fuzz/reader_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  std::vector<std::uint8_t> bytes(data, data + size);
  const std::uint8_t section_type[] = {0x0A, 0x0D, 0x0D, 0x0A};
  std::copy_n(section_type, sizeof(section_type), bytes.begin());
  capstan::fuzz::check_reader(bytes);
  return 0;
}
