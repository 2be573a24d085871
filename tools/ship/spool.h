// A spool: the rows of one recording as the batches in which they are sent, in a file of their own.
//
// Made whole before the first batch is sent, and kept until the last is settled. So a batch is the
// same, byte for byte, whenever it is sent again: after a crash, with another index, with another
// Capstan, and when the recording is gone.
//
//     head      magic "CAPSPOOL", version, packing, number of batches, file id, bytes of the table,
//               CRC-32 of the table
//     batches   their bytes
//     table     table, partition, rows, offset, bytes, CRC-32 of each batch
//
// Numbers are little-endian. Only this version of the format is read: a spool lives for seconds.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/core/unique_fd.h"
#include "tools/clickhouse/schema.h"
#include "tools/ship/row_format.h"

namespace capstan::fleet {

struct Batch {
  Table table = Table::kFlows;
  // All its rows are of one partition of the table: a day since 1970, or a month as 202611.
  std::uint32_t partition = 0;
  std::uint32_t rows = 0;
  std::uint64_t offset = 0;  // in the spool
  std::uint64_t bytes = 0;   // packed
  std::uint32_t checksum = 0;
};

class SpoolWriter {
 public:
  // Creates the file under its hidden name. Throws std::system_error, as do the others.
  SpoolWriter(std::string path, std::uint64_t file, Packing packing);
  // Without finish() nothing is left.
  ~SpoolWriter();
  SpoolWriter(const SpoolWriter&) = delete;
  SpoolWriter& operator=(const SpoolWriter&) = delete;

  void add(Table table, std::uint32_t partition, std::uint32_t rows,
           std::span<const std::uint8_t> bytes);
  // The spool has its name, durably.
  void finish();

 private:
  std::string path_;
  UniqueFd fd_;
  std::uint64_t file_;
  Packing packing_;
  std::vector<Batch> batches_;
  std::uint64_t offset_;
  bool finished_ = false;
};

// The bytes of a batch are not those that were written, or cannot be read.
class SpoolDamaged : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Spool {
 public:
  // nullopt: there is none, it is damaged, or it is of another version; `error` says which. It is
  // empty when there is none.
  static std::optional<Spool> open(const std::string& path, std::string& error);
  // The same of an open file; `error` is never empty without a spool.
  static std::optional<Spool> from_file(UniqueFd fd, std::string& error);

  std::uint64_t file() const noexcept { return file_; }
  Packing packing() const noexcept { return packing_; }
  const std::vector<Batch>& batches() const noexcept { return batches_; }
  // The packed bytes. Throws SpoolDamaged, which says at which byte.
  std::vector<std::uint8_t> read(const Batch& batch) const;

 private:
  Spool() = default;
  UniqueFd fd_;
  std::uint64_t file_ = 0;
  Packing packing_ = Packing::kNone;
  std::vector<Batch> batches_;
};

}  // namespace capstan::fleet
