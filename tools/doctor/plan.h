// Plan: what a recording of a rate and a time wants: disks, ring, threads, and the command for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tools/doctor/check.h"

namespace capstan::tools {

struct PlanWish {
  double bits_per_second = 0;        // on the link, of the frames
  std::uint64_t keep_ns = 0;         // how far back the recording is to reach
  std::uint32_t packet_bytes = 800;  // the average
};

// "40G,7d" or "40G,7d,350": bits a second, a time, bytes of an average packet. Throws UsageError.
PlanWish parse_plan(const std::string& text);

struct PlanFacts {
  std::string interface;  // empty: none was named
  std::string directory;
  std::uint64_t disk_bytes = 0;                 // of the file system, full or not
  std::optional<double> disk_bytes_per_second;  // measured; nothing: it was not
  std::uint64_t memory_bytes = 0;               // available
  std::size_t cpus = 1;
};

// The figures, and what of the facts is short of them. Pure.
Checks check_plan(const PlanWish& wish, const PlanFacts& facts);

}  // namespace capstan::tools
