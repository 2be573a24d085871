// Completeness: whether the packets that a SetReader gave are all there were: what was lost, where
// files are damaged, which files do not say.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/reader/set_reader.h"

namespace capstan {

// Packets that are missing from a recording, within the time asked for.
struct LostPackets {
  std::string path;
  std::uint32_t source = 0;  // the ring, or the interface
  bool is_ring = false;      // known from the ledger of a ring
  std::uint64_t from_ns = 0;
  std::uint64_t to_ns = 0;
  std::uint64_t packets = 0;  // 0: not known how many
};

struct Completeness {
  TimeRange range;
  // Of `losses`; those beyond kMostLosses are counted here too.
  std::uint64_t lost = 0;
  std::vector<LostPackets> losses;
  std::uint64_t losses_omitted = 0;
  std::vector<SetTrouble> damaged;     // read up to there
  std::vector<SetTrouble> unreadable;  // not read at all
  std::vector<std::string> silent;     // files that say nothing of losses
  std::vector<SetTrouble> growing;     // a recorder writes them: read up to now
  // By a signal, or by a limit that the user did not set.
  bool interrupted = false;
  std::string limit;                // "-c 5": the limit that ended it; else empty
  std::uint64_t files = 0;          // recordings that were looked at
  std::uint64_t files_planned = 0;  // of them, found by their index
  bool has_packets = false;         // there is at least one in them
  // From the first to the last of them.
  std::uint64_t covered_from_ns = 0;
  std::uint64_t covered_to_ns = 0;

  // Known: everything that passed the wires in this time is in what was read.
  bool whole() const noexcept {
    return lost == 0 && losses.empty() && damaged.empty() && unreadable.empty() && silent.empty() &&
           !interrupted;
  }
};

inline constexpr std::size_t kMostLosses = 10'000;

// Of a stream that is finished (SetReader::finish()). `reached_ns`: where it was left when `limit`
// ended it: losses after that are not its own.
Completeness judge(const SetReader& reader, TimeRange range, bool interrupted = false,
                   const std::string& limit = {}, std::uint64_t reached_ns = 0);

}  // namespace capstan
