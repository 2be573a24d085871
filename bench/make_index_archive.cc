// Makes a directory that stands for months of recordings: N sparse files with a real head, each
// said to be 1 GB, and the index of each, with rows of its own. For measuring what a search over
// many indexes costs; the recordings have no packets to be read.
//
//   make_index_archive DIRECTORY FILES ROWS [SEED]
//
// File i holds conversations of hosts in 10.0.0.0/8 with 198.18.0.0/15. One conversation, 10.1.2.3
// port 4242 to 198.18.4.5 port 443, is in every 1000th file. Another SEED (0 unless told) gives
// other conversations at the same times.
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include "engine/index/file_identity.h"
#include "engine/index/index_builder.h"
#include "tests/support/packet_builder.h"
#include "writers/index/index_file.h"
#include "writers/recording/pcapng_format.h"

namespace {

using namespace capstan;

constexpr std::uint64_t kFileBytes = 1'000'000'000;
constexpr std::uint64_t kBlocks = 1000;
constexpr std::uint64_t kFileNs = 60'000'000'000;  // a minute each
constexpr std::uint64_t kStartNs = 1'700'000'000'000'000'000;
constexpr std::uint32_t kEvery = 1000;

std::vector<std::uint8_t> packet_of(std::uint32_t random, std::uint32_t other) {
  test::PacketSpec spec;
  spec.source = 0x0a000000 | (random & 0xffffff);
  spec.destination = 0xc6120000 | (other & 0x1ffff);
  spec.source_port = static_cast<std::uint16_t>(1024 + (random >> 24) * 200 + other % 199);
  spec.destination_port = other % 3 == 0 ? 80 : 443;
  return test::build_packet(spec);
}

std::vector<std::uint8_t> wanted_packet() {
  test::PacketSpec spec;
  spec.source = 0x0a010203;
  spec.destination = 0xc6120405;
  spec.source_port = 4242;
  spec.destination_port = 443;
  return test::build_packet(spec);
}

// Rows spread over the blocks, each in two of them.
std::vector<std::uint8_t> index_of(std::uint32_t number, std::uint32_t rows, std::uint32_t seed,
                                   const FileIdentity& identity, std::uint64_t head_bytes) {
  IndexBuilder builder{IndexLimits{}};
  std::mt19937 random(number);
  const std::uint32_t other = seed * 2654435761U;  // spreads neighbours
  IndexBlock block;
  for (std::uint64_t i = 0; i < kBlocks; ++i) {
    PacketView packet;
    packet.timestamp_ns = kStartNs + number * kFileNs + i * (kFileNs / kBlocks);
    const auto add = [&](const std::vector<std::uint8_t>& bytes) {
      packet.data = bytes.data();
      packet.caplen = packet.wirelen = static_cast<std::uint32_t>(bytes.size());
      builder.add_packet(packet);
      ++packet.timestamp_ns;
    };
    if (i % 2 == 0) random.seed(number * 4099 + static_cast<std::uint32_t>(i) + other);
    std::mt19937 again = random;
    for (std::uint32_t row = 0; row < 2 * rows / kBlocks; ++row) {
      const auto first = static_cast<std::uint32_t>(again());
      add(packet_of(first, static_cast<std::uint32_t>(again())));
    }
    if (number % kEvery == 0 && i < 20) add(wanted_packet());
    block.length_bytes = (i + 1) * (kFileBytes / kBlocks) - block.offset;
    builder.end_block(block);
    block.offset += block.length_bytes;
    block.interfaces = 1;
  }
  IndexedFile file;
  file.identity = identity;
  file.whole = true;
  file.has_ledger = true;
  file.end_offset = kFileBytes;
  // The one interface ends the head.
  file.sections.push_back({0, {{head_bytes / 2, static_cast<std::uint32_t>(head_bytes / 2), 1}}});
  return builder.finish(file);
}

int make(const std::filesystem::path& directory, std::uint32_t files, std::uint32_t rows,
         std::uint32_t seed) {
  std::filesystem::create_directories(directory);
  for (std::uint32_t number = 0; number < files; ++number) {
    const std::string path = directory / fmt::format("r_{:05}.pcapng", number);
    // An empty section: the smallest there is.
    constexpr std::uint32_t kHead[] = {0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0xffffffff, 0xffffffff, 28};
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(kHead), sizeof(kHead));
    if (::truncate(path.c_str(), static_cast<off_t>(kFileBytes)) != 0) return 1;
    const auto identity = identify_file(path, true);
    if (!identity) return 1;
    const int error =
        write_index_file(path, index_of(number, rows, seed, *identity, sizeof(kHead)), false);
    if (error != 0) return 1;
  }
  return 0;
}

std::uint32_t number_of(const char* text) {
  std::uint32_t number = 0;
  std::from_chars(text, text + std::strlen(text), number);
  return number;
}

}  // namespace

int main(int argc, char** argv) {
  const bool counted = argc == 4 || argc == 5;
  if (!counted || number_of(argv[2]) == 0 || number_of(argv[3]) == 0) {
    fmt::print(stderr, "use: make_index_archive DIRECTORY FILES ROWS [SEED]\n");
    return 2;
  }
  return make(argv[1], number_of(argv[2]), number_of(argv[3]), argc == 5 ? number_of(argv[4]) : 0);
}
