// SpoolMaker: makes the spool of one finished recording: opens its index, or makes one in memory,
// lets the audit read the packets if that is wanted, and encodes rows in batches.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "engine/index/index_reader.h"
#include "tools/ship/row_format.h"

namespace capstan::fleet {

struct SpoolWish {
  std::string sensor;
  std::uint32_t batch_rows = 50'000;
  bool audit = false;
  bool eve = false;  // lines of EVE instead of RowBinary
  Packing packing = Packing::kGzip;
};

struct SpoolResult {
  enum class State : std::uint8_t {
    kMade,
    kStopped,
    kGone,     // the recording was deleted meanwhile
    kRefused,  // it has no rows: no recording, or one that cannot have an index
    kFailed,   // reading failed: worth another try
  };
  State state = State::kStopped;
  std::string reason;  // one phrase
  std::uint64_t file = 0;
  std::uint64_t many_rows = 0;  // conversations that have no row, at least
  std::string damage;           // where the recording breaks off; empty: nowhere
};

// `idle` is called often; it returns false to stop. Throws std::system_error when the spool cannot
// be written.
SpoolResult make_spool(const std::string& recording, const std::string& spool_path,
                       const SpoolWish& wish, const std::function<bool()>& idle);

}  // namespace capstan::fleet
