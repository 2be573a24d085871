// Printing a packet allocates nothing once the buffers have their size: every operator new is
// counted while the packets of tests/fuzz/corpus/whole_packets are printed a second time.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <new>
#include <vector>

#include "tools/text/ip/tcp_sequences.h"
#include "tools/text/packet_text.h"

namespace {
std::atomic<std::size_t> allocations{0};
}  // namespace

// Not inlined: the compiler would see free() meet new.
[[gnu::noinline]] void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size != 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace capstan::text {
namespace {

struct Sample {
  std::vector<std::uint8_t> bytes;
  std::uint16_t link_type;
};

// Behind a head of three bytes, as whole_packets_fuzz.cc has it.
std::vector<Sample> read_samples() {
  constexpr std::uint16_t kLinkTypes[] = {1, 0,  101, 108, 113, 276, 228, 229,
                                          9, 50, 104, 105, 107, 127, 147};
  std::vector<Sample> samples;
  for (const auto& entry : std::filesystem::directory_iterator(CAPSTAN_WHOLE_PACKETS)) {
    std::ifstream file(entry.path(), std::ios::binary);
    std::vector<char> all((std::istreambuf_iterator<char>(file)), {});
    if (all.size() < 4) continue;
    samples.push_back({{all.begin() + 3, all.end()},
                       kLinkTypes[static_cast<std::uint8_t>(all[0]) % std::size(kLinkTypes)]});
  }
  return samples;
}

class PrinterAllocation : public testing::TestWithParam<int> {};

TEST_P(PrinterAllocation, PrintsWithoutAllocating) {
  const std::vector<Sample> samples = read_samples();
  ASSERT_GT(samples.size(), 20U);
  PrintOptions options;
  options.numeric = 2;
  options.verbosity = GetParam();
  options.link_header = true;
  options.hex_and_ascii = 1;
  const Names names;
  TcpSequences sequences(64);
  Printer printer(options, names, sequences);
  PacketText text(printer, options);
  const auto print_all = [&] {
    for (const Sample& sample : samples) {
      PacketView packet;
      packet.data = sample.bytes.data();
      packet.caplen = packet.wirelen = static_cast<std::uint32_t>(sample.bytes.size());
      packet.link_type = sample.link_type;
      packet.timestamp_ns = 1700000000000000000;
      printer.out.clear();
      text.print(packet, {});
    }
  };
  print_all();
  // The line buffer grows by malloc: it stays where it is.
  const char* const buffer = printer.out.data();
  const std::size_t before = allocations.load(std::memory_order_relaxed);
  for (int round = 0; round < 100; ++round) print_all();
  EXPECT_EQ(allocations.load(std::memory_order_relaxed) - before, 0U);
  EXPECT_EQ(printer.out.data(), buffer);
}

INSTANTIATE_TEST_SUITE_P(Verbosities, PrinterAllocation, testing::Values(0, 1, 3));

}  // namespace
}  // namespace capstan::text
