// Plan: what a recording at a given rate and for a given time needs: disks, ring, threads, and the
// command for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tools/doctor/check.h"

namespace capstan::tools {

struct PlanWish {
  double bits_per_second = 0;        // on the link, counting the frames
  std::uint64_t keep_ns = 0;         // how long packets are to be kept
  std::uint32_t packet_bytes = 800;  // the average
};

// Parses "40G,7d" or "40G,7d,350": bits per second, a duration, bytes of an average packet. Throws
// UsageError.
PlanWish parse_plan(const std::string& text);

struct PlanFacts {
  std::string interface;  // empty: none was given
  std::string directory;
  std::uint64_t disk_bytes = 0;                 // size of the file system, whether full or not
  std::optional<double> disk_bytes_per_second;  // measured; empty: not measured
  std::uint64_t memory_bytes = 0;               // available
  std::size_t cpus = 1;
};

// The requirements, and which of them the facts do not meet. Pure.
Checks check_plan(const PlanWish& wish, const PlanFacts& facts);

}  // namespace capstan::tools
