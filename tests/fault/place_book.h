// PlaceBook: what a BlockObserver was told of a recording, held against the files themselves.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <vector>

#include "engine/block/packet_walk.h"
#include "engine/format/block_head.h"
#include "writers/file/finished_file.h"
#include "writers/recording/block_observer.h"

namespace capstan::test {

class PlaceBook final : public BlockObserver {
 public:
  void block_placed(const PlacedBlock& block) noexcept override { places_.push_back(block); }
  // From the series' thread too.
  void add_file(const FinishedFile& file) {
    const std::lock_guard lock(mutex_);
    files_[file.number] = file;
  }

  // Every block told of lies where it was said to, and together they are what the files hold.
  // `pcapng`: the files have block heads. Requires: the recording is closed.
  void check(bool pcapng, std::uint64_t written) const {
    std::uint64_t in_files = 0;
    for (const auto& [number, file] : files_) in_files += file.packets;
    EXPECT_EQ(in_files, written) << "the finished files' packets";
    std::map<std::uint32_t, std::uint64_t> placed;  // by file
    for (const PlacedBlock& place : places_) {
      const auto file = files_.find(place.file_number);
      if (file == files_.end()) continue;  // nothing of it is left
      if (place.offset + place.length > file->second.size_bytes) continue;
      placed[place.file_number] += place.packets;
      if (pcapng) check_place(place, file->second);
      if (::testing::Test::HasFailure()) return;
    }
    for (const auto& [number, packets] : placed) {
      EXPECT_LE(packets, files_.at(number).packets) << "of file " << number;
    }
    in_whole_places_ = 0;
    for (const auto& [number, packets] : placed) in_whole_places_ += packets;
  }
  // Packets of blocks that lie whole in a finished file, as check() found.
  std::uint64_t in_whole_places() const noexcept { return in_whole_places_; }

 private:
  static void check_place(const PlacedBlock& place, const FinishedFile& file) {
    std::ifstream in(file.path, std::ios::binary);
    in.seekg(static_cast<std::streamoff>(place.offset));
    std::vector<char> bytes(place.length);
    in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    ASSERT_EQ(static_cast<std::uint64_t>(in.gcount()), place.length);
    ASSERT_GE(place.length, sizeof(BlockHead));
    BlockHead head;
    std::memcpy(&head, bytes.data(), sizeof(head));
    ASSERT_EQ(head.type, pcapng::kCapstanBlockHead) << "at " << place.offset;
    EXPECT_EQ(head.ring, place.head.ring);
    EXPECT_EQ(head.sequence, place.head.sequence);
    EXPECT_EQ(head.packet_count, place.packets);
    const std::vector<std::uint16_t> link_types(64, std::uint16_t{1});
    PacketWalk walk({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()},
                    link_types);
    PacketView packet;
    std::uint32_t packets = 0;
    while (walk.next(packet)) {
      packets += packet.interface_id == place.head.ring ? 1 : 0;
      EXPECT_TRUE(place.shared || packet.interface_id == place.head.ring);
      EXPECT_GE(packet.timestamp_ns, file.first_ns);
      EXPECT_LE(packet.timestamp_ns, file.last_ns);
    }
    EXPECT_EQ(walk.end(), WalkEnd::kComplete);
    EXPECT_EQ(packets, place.packets) << "of ring " << place.head.ring << " at " << place.offset;
  }

  std::vector<PlacedBlock> places_;
  std::mutex mutex_;
  std::map<std::uint32_t, FinishedFile> files_;
  mutable std::uint64_t in_whole_places_ = 0;
};

}  // namespace capstan::test
