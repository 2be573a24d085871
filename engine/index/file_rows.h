// FileRows: the conversations of one file while it is being indexed, and the blocks of each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/index/block_flows.h"
#include "engine/index/packet_key.h"

namespace capstan {

// Two cache lines, because a merge of a block touches a thousand of them in no order.
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
  std::uint32_t first_gaps = 0;  // 1 + the first piece of the blocks behind first_block; 0: none
  std::uint32_t last_gaps = 0;
};
static_assert(sizeof(FileRow) == 128);

// One thread. Memory grows with the rows and never moves them.
class FileRows {
 public:
  explicit FileRows(std::uint32_t max_rows);

  // Adds the flows of one block. `refused` is called for each flow that would need one row too
  // many. Blocks ascend.
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

  // Calls take(block) for the blocks of a row, ascending.
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
  // A piece of a row's list of blocks: the gaps between them as varints.
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
  // Asks for the memory that the next flows will need: slot, then row, then its last piece.
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
  // The upper half of the hash, then 1 + the row.
  std::vector<std::uint64_t> slots_;
};

}  // namespace capstan
