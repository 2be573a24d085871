// Completeness: whether the packets that a SetReader returned are all there were: what was lost,
// which files are damaged, and which files do not say.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/reader/absent_parts.h"
#include "engine/reader/set_reader.h"

namespace capstan {

// Packets that are missing from a recording, within the requested time range.
struct LostPackets {
  std::string path;
  std::uint32_t source = 0;  // index of the ring, or of the interface
  bool is_ring = false;      // known from the loss ledger of a ring
  std::uint64_t from_ns = 0;
  std::uint64_t to_ns = 0;
  std::uint64_t packets = 0;  // 0: their number is not known
};

struct Completeness {
  TimeRange range;
  // Sum over `losses`, including those beyond kMostLosses.
  std::uint64_t lost = 0;
  std::vector<LostPackets> losses;
  std::uint64_t losses_omitted = 0;
  std::vector<SetTrouble> damaged;     // read up to the damage
  std::vector<SetTrouble> unreadable;  // not read at all
  std::vector<std::string> silent;     // files that say nothing about losses
  std::vector<std::string> absent;  // what is not there of the recordings: sentences (AbsentParts)
  std::vector<SetTrouble> growing;  // a recorder is still writing them: read up to now
  // Ended by a signal, or by a limit that the user did not set.
  bool interrupted = false;
  std::string limit;                // "-c 5": the limit that ended the stream; else empty
  std::uint64_t files = 0;          // number of recordings looked at
  std::uint64_t files_planned = 0;  // those of them for which an index was used
  bool has_packets = false;         // they contain at least one packet
  // The times of the first and the last of these packets.
  std::uint64_t covered_from_ns = 0;
  std::uint64_t covered_to_ns = 0;

  // True when it is known that everything that passed the wires in this time is in what was read.
  bool whole() const noexcept {
    return lost == 0 && losses.empty() && damaged.empty() && unreadable.empty() && silent.empty() &&
           absent.empty() && !interrupted;
  }
};

inline constexpr std::size_t kMostLosses = 10'000;

// Judges a finished stream (SetReader::finish()). `reached_ns`: the time at which `limit` ended the
// stream: later losses are not counted. `elsewhere`: files of the same question that the reader was
// not given.
Completeness judge(const SetReader& reader, TimeRange range, bool interrupted = false,
                   const std::string& limit = {}, std::uint64_t reached_ns = 0,
                   const AbsentParts& elsewhere = {});

}  // namespace capstan
