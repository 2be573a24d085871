// Any bytes as a classic pcap file.
#include "tests/fuzz/reader_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  capstan::fuzz::check_reader({data, size});
  return 0;
}
