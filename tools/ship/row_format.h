// RowFormat: makes bytes of rows, in the form that a sink takes.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "tools/ship/shipped_rows.h"

namespace capstan::fleet {

// How the bytes of a batch are packed. The numbers are stored in spools.
enum class Packing : std::uint8_t { kNone = 0, kGzip = 1, kZstd = 2 };

// One thread. The bytes of equal rows are equal, whenever they are made.
class RowFormat {
 public:
  virtual ~RowFormat() = default;
  virtual void flow(const ShippedFile& file, const ShippedFlow& flow) = 0;
  virtual void finding(const ShippedFile& file, const ShippedFinding& finding) = 0;
  virtual void ledger(const ShippedFile& file, const ShippedLedger& ledger) = 0;
  // Everything since clear(). Borrowed until the next call.
  virtual std::span<const std::uint8_t> bytes() const noexcept = 0;
  virtual void clear() noexcept = 0;
};

// The columns of schema.h as RowBinary.
std::unique_ptr<RowFormat> clickhouse_format();
// EVE: `flow`, `audit` and `recording` events, a line each, with the sensor's name in "host".
std::unique_ptr<RowFormat> eve_format();

// Throws std::runtime_error when the library fails, which means there is no memory.
std::vector<std::uint8_t> pack(Packing packing, std::span<const std::uint8_t> bytes);

}  // namespace capstan::fleet
