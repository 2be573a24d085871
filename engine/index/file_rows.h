// FileRows: the conversations of one file while it is being indexed, with the list of blocks of
// each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/index/block_flows.h"
#include "engine/index/packet_key.h"

namespace capstan {

// Two cache lines, because merging a block touches about a thousand rows in no particular order.
struct alignas(64) FileRow {
  PacketKey key;
  std::uint64_t hash = 0;
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
  std::uint64_t bytes[2] = {};
  std::uint64_t packets[2] = {};
  std::uint8_t tcp_flags[2] = {};
  std::uint8_t initiator = 0;
  std::uint32_t first_block = 0;
  std::uint32_t last_block = 0;
  std::uint32_t first_gaps = 0;  // 1 + the first piece of the list after first_block; 0: none
  std::uint32_t last_gaps = 0;
};
static_assert(sizeof(FileRow) == 128);

// One thread. Memory grows with the rows, which never move.
class FileRows {
 public:
  explicit FileRows(std::uint32_t max_rows);

  // Adds the conversations of one block. Calls `refused` for each one that would need more than
  // max_rows rows. `block` must be larger than in the previous call.
  template <typename Refused>
  void merge(const std::vector<BlockFlow>& flows, std::uint32_t block, Refused refused) {
    for (std::size_t i = 0; i < flows.size(); ++i) {
      look_ahead(flows, i);
      if (!add(flows[i], block)) refused(flows[i]);
    }
  }

  std::uint32_t size() const noexcept { return size_; }
  const FileRow& operator[](std::uint32_t row) const noexcept {
    return pages_[row >> kPageBits][row & kPageMask];
  }

  // Calls take(block) for every block of a row, in ascending order.
  template <typename Take>
  void for_each_block(std::uint32_t row, Take take) const {
    const FileRow& from = (*this)[row];
    std::uint32_t block = from.first_block;
    take(block);
    for (std::uint32_t at = from.first_gaps; at != 0; at = piece(at).next) {
      const Gaps& gaps = piece(at);
      for (std::size_t i = 0; i < gaps.used;) {
        std::uint32_t gap = 0;
        for (unsigned shift = 0;; shift += 7) {
          const std::uint8_t byte = gaps.bytes[i++];
          gap |= (byte & 0x7FU) << shift;
          if ((byte & 0x80) == 0) break;
        }
        block += gap;
        take(block);
      }
    }
  }

 private:
  // One piece of a row's block list: the differences between block numbers, as varints.
  struct Gaps {
    std::uint32_t next = 0;
    std::uint8_t used = 0;
    std::uint8_t bytes[27] = {};
  };
  static_assert(sizeof(Gaps) == 32);

  static constexpr std::uint32_t kPageBits = 12;
  static constexpr std::uint32_t kPageMask = (1U << kPageBits) - 1;
  static constexpr std::size_t kFirstSlots = 1U << 14;

  bool add(const BlockFlow& flow, std::uint32_t block);
  FileRow* add_row(const BlockFlow& flow, std::uint32_t block, std::size_t slot);
  void add_block(FileRow& row, std::uint32_t block);
  void grow();
  // Prefetches the memory that the next conversations need: the slot, then the row, then its last
  // piece.
  void look_ahead(const std::vector<BlockFlow>& flows, std::size_t i) const noexcept;
  FileRow& row_at(std::uint32_t row) noexcept { return pages_[row >> kPageBits][row & kPageMask]; }
  Gaps& piece(std::uint32_t number) noexcept {
    return gap_pages_[(number - 1) >> kPageBits][(number - 1) & kPageMask];
  }
  const Gaps& piece(std::uint32_t number) const noexcept {
    return gap_pages_[(number - 1) >> kPageBits][(number - 1) & kPageMask];
  }
  std::uint32_t new_piece();

  std::uint32_t max_rows_;
  std::uint32_t size_ = 0;
  std::uint32_t pieces_ = 0;
  std::vector<std::unique_ptr<FileRow[]>> pages_;
  std::vector<std::unique_ptr<Gaps[]>> gap_pages_;
  // Each holds the upper half of the hash and, in its lower half, 1 + the number of the row.
  std::vector<std::uint64_t> slots_;
};

}  // namespace capstan
