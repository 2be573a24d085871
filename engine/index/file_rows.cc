#include "engine/index/file_rows.h"

#include <algorithm>

namespace capstan {

namespace {

constexpr std::size_t kSlotsAhead = 24;
constexpr std::size_t kRowsAhead = 12;
constexpr std::size_t kPiecesAhead = 4;
constexpr std::size_t kLongestGap = 5;  // bytes

void prefetch(const void* place) noexcept { __builtin_prefetch(place, 1); }

}  // namespace

FileRows::FileRows(std::uint32_t max_rows) : max_rows_(max_rows), slots_(kFirstSlots, 0) {}

void FileRows::look_ahead(const std::vector<BlockFlow>& flows, std::size_t i) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  if (i + kSlotsAhead < flows.size()) prefetch(&slots_[flows[i + kSlotsAhead].hash & mask]);
  if (i + kRowsAhead < flows.size()) {
    const std::uint64_t slot = slots_[flows[i + kRowsAhead].hash & mask];
    if (slot != 0) {
      const auto* row =
          reinterpret_cast<const std::uint8_t*>(&(*this)[static_cast<std::uint32_t>(slot) - 1]);
      prefetch(row);
      prefetch(row + 64);
    }
  }
  if (i + kPiecesAhead < flows.size()) {
    const std::uint64_t slot = slots_[flows[i + kPiecesAhead].hash & mask];
    if (slot != 0) {
      const std::uint32_t last = (*this)[static_cast<std::uint32_t>(slot) - 1].last_gaps;
      if (last != 0) prefetch(&piece(last));
    }
  }
}

bool FileRows::add(const BlockFlow& flow, std::uint32_t block) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = flow.hash & mask;
  FileRow* row = nullptr;
  while (slots_[at] != 0) {
    if (((slots_[at] ^ flow.hash) >> 32) == 0) {
      FileRow& candidate = row_at(static_cast<std::uint32_t>(slots_[at]) - 1);
      if (candidate.key == flow.key) {
        row = &candidate;
        break;
      }
    }
    at = (at + 1) & mask;
  }
  if (row == nullptr) {
    if (size_ == max_rows_) return false;
    row = add_row(flow, block, at);
  } else {
    add_block(*row, block);
  }
  row->first_ns = std::min(row->first_ns, flow.first_ns);
  row->last_ns = std::max(row->last_ns, flow.last_ns);
  for (int side = 0; side < 2; ++side) {
    row->bytes[side] += flow.bytes[side];
    row->packets[side] += flow.packets[side];
    row->tcp_flags[side] |= flow.tcp_flags[side];
  }
  return true;
}

FileRow* FileRows::add_row(const BlockFlow& flow, std::uint32_t block, std::size_t slot) {
  if ((size_ & kPageMask) == 0) pages_.push_back(std::make_unique<FileRow[]>(kPageMask + 1));
  FileRow& row = row_at(size_);
  ++size_;
  row.key = flow.key;
  row.hash = flow.hash;
  row.first_ns = flow.first_ns;
  row.last_ns = flow.last_ns;
  row.initiator = flow.initiator;
  row.first_block = row.last_block = block;
  slots_[slot] = (flow.hash & ~std::uint64_t{0xffffffff}) | size_;
  if (std::size_t{size_} * 2 > slots_.size()) grow();
  return &row;
}

void FileRows::add_block(FileRow& row, std::uint32_t block) {
  std::uint32_t gap = block - row.last_block;
  if (gap == 0) return;
  row.last_block = block;
  if (row.last_gaps == 0 || piece(row.last_gaps).used + kLongestGap > sizeof(Gaps::bytes)) {
    const std::uint32_t added = new_piece();
    if (row.last_gaps == 0) {
      row.first_gaps = added;
    } else {
      piece(row.last_gaps).next = added;
    }
    row.last_gaps = added;
  }
  Gaps& gaps = piece(row.last_gaps);
  while (gap >= 0x80) {
    gaps.bytes[gaps.used++] = static_cast<std::uint8_t>(gap | 0x80);
    gap >>= 7;
  }
  gaps.bytes[gaps.used++] = static_cast<std::uint8_t>(gap);
}

std::uint32_t FileRows::new_piece() {
  if ((pieces_ & kPageMask) == 0) gap_pages_.push_back(std::make_unique<Gaps[]>(kPageMask + 1));
  return ++pieces_;
}

void FileRows::grow() {
  std::vector<std::uint64_t> larger(slots_.size() * 2, 0);
  const std::size_t mask = larger.size() - 1;
  for (std::uint32_t row = 0; row < size_; ++row) {
    const std::uint64_t hash = row_at(row).hash;
    std::size_t at = hash & mask;
    while (larger[at] != 0) at = (at + 1) & mask;
    larger[at] = (hash & ~std::uint64_t{0xffffffff}) | (row + 1);
  }
  slots_.swap(larger);
}

}  // namespace capstan
