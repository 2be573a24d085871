#include "tools/ship/spool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "engine/core/byte_order.h"
#include "engine/core/errors.h"
#include "engine/core/read_all.h"
#include "engine/core/write_all.h"
#include "engine/format/part_name.h"
#include "tools/ship/crash_safe_file.h"
#include "tools/ship/row_binary.h"

namespace capstan::fleet {

namespace {

constexpr char kMagic[8] = {'C', 'A', 'P', 'S', 'P', 'O', 'O', 'L'};
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHeadBytes = 40;
constexpr std::size_t kEntryBytes = 32;
// A table of this many batches has 3.2 GB of rows behind it at the least.
constexpr std::uint32_t kMostBatches = 1U << 20;

std::uint32_t checksum_of(std::span<const std::uint8_t> bytes) noexcept {
  return static_cast<std::uint32_t>(::crc32_z(0, bytes.data(), bytes.size()));
}

// Numbers one behind another.
class Numbers {
 public:
  explicit Numbers(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  std::uint64_t next(std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      value |= std::uint64_t{bytes_[at_ + i]} << (8 * i);
    }
    at_ += size;
    return value;
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

void put(int fd, std::span<const std::uint8_t> bytes, std::uint64_t offset,
         const std::string& path) {
  const WriteOutcome outcome =
      pwrite_all(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
  if (outcome.error != 0) throw_system_error(outcome.error, fmt::format("write {}", path));
}

std::optional<Batch> read_entry(Numbers& numbers, std::uint64_t end) {
  Batch batch;
  const std::uint64_t table = numbers.next(4);
  if (table >= kTables.size()) return std::nullopt;
  batch.table = static_cast<Table>(table);
  batch.partition = static_cast<std::uint32_t>(numbers.next(4));
  batch.rows = static_cast<std::uint32_t>(numbers.next(4));
  batch.checksum = static_cast<std::uint32_t>(numbers.next(4));
  batch.offset = numbers.next(8);
  batch.bytes = numbers.next(8);
  if (batch.offset > end || batch.bytes > end - batch.offset) return std::nullopt;
  return batch;
}

}  // namespace

SpoolWriter::SpoolWriter(std::string path, std::uint64_t file, Packing packing)
    : path_(std::move(path)),
      fd_(begin_file(path_)),
      file_(file),
      packing_(packing),
      offset_(kHeadBytes) {}

SpoolWriter::~SpoolWriter() {
  if (!finished_) ::unlink(new_path(path_).c_str());
}

void SpoolWriter::add(Table table, std::uint32_t partition, std::uint32_t rows,
                      std::span<const std::uint8_t> bytes) {
  if (batches_.size() == kMostBatches) {
    throw std::runtime_error(fmt::format("{}: more than {} batches", path_, kMostBatches));
  }
  const std::vector<std::uint8_t> packed = pack(packing_, bytes);
  put(fd_.get(), packed, offset_, path_);
  batches_.push_back({table, partition, rows, offset_, packed.size(), checksum_of(packed)});
  offset_ += packed.size();
}

void SpoolWriter::finish() {
  RowBinary table;
  for (const Batch& batch : batches_) {
    table.u32(static_cast<std::uint32_t>(batch.table));
    table.u32(batch.partition);
    table.u32(batch.rows);
    table.u32(batch.checksum);
    table.u64(batch.offset);
    table.u64(batch.bytes);
  }
  put(fd_.get(), table.bytes(), offset_, path_);
  RowBinary head;
  for (const char c : kMagic) head.u8(static_cast<std::uint8_t>(c));
  head.u32(kVersion);
  head.u32(static_cast<std::uint32_t>(packing_));
  head.u64(file_);
  head.u64(offset_);
  head.u32(static_cast<std::uint32_t>(batches_.size()));
  head.u32(checksum_of(table.bytes()));
  put(fd_.get(), head.bytes(), 0, path_);
  finish_file(fd_.get(), path_);
  finished_ = true;
}

std::optional<Spool> Spool::open(const std::string& path, std::string& error) {
  error.clear();
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd) return from_file(std::move(fd), error);
  if (errno != ENOENT) error = errno_text(errno);
  return std::nullopt;
}

std::optional<Spool> Spool::from_file(UniqueFd fd, std::string& error) {
  Spool spool;
  spool.fd_ = std::move(fd);
  error = "it is damaged, or of another version of Capstan";
  struct stat status {};
  std::array<std::uint8_t, kHeadBytes> head{};
  if (::fstat(spool.fd_.get(), &status) != 0 || pread_all(spool.fd_.get(), head, 0) != 0) {
    return std::nullopt;
  }
  if (std::memcmp(head.data(), kMagic, sizeof(kMagic)) != 0) return std::nullopt;
  Numbers fields(std::span<const std::uint8_t>(head).subspan(sizeof(kMagic)));
  if (fields.next(4) != kVersion) return std::nullopt;
  const std::uint64_t packing = fields.next(4);
  spool.file_ = fields.next(8);
  const std::uint64_t table_at = fields.next(8);
  const std::uint64_t count = fields.next(4);
  const std::uint64_t checksum = fields.next(4);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (packing > 2 || count > kMostBatches || table_at > size ||
      size - table_at != count * kEntryBytes) {
    return std::nullopt;
  }
  spool.packing_ = static_cast<Packing>(packing);
  std::vector<std::uint8_t> table(count * kEntryBytes);
  if (pread_all(spool.fd_.get(), table, table_at) != 0 || checksum_of(table) != checksum) {
    return std::nullopt;
  }
  Numbers entries{table};
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::optional<Batch> batch = read_entry(entries, table_at);
    if (!batch) return std::nullopt;
    spool.batches_.push_back(*batch);
  }
  error.clear();
  return spool;
}

std::vector<std::uint8_t> Spool::read(const Batch& batch) const {
  std::vector<std::uint8_t> bytes(batch.bytes);
  if (pread_all(fd_.get(), bytes, batch.offset) != 0 || checksum_of(bytes) != batch.checksum) {
    throw SpoolDamaged(fmt::format("it is damaged at byte {}", batch.offset));
  }
  return bytes;
}

}  // namespace capstan::fleet
