// Checks of the target directory: file system, direct I/O, space, and its rate against the link's.
#pragma once

#include "tools/doctor/check.h"
#include "tools/doctor/disk_probe.h"

namespace capstan::tools {

inline constexpr double kDiskHeadroom =
    1.2;  // the disk of a full link should have a fifth to spare

Checks check_file_system(const DiskFacts& disk);

// `link_bits_per_second`: 0 when not known.
Check check_disk_rate(const DiskFacts& disk, const DiskRate& rate,
                      std::uint64_t link_bits_per_second);

}  // namespace capstan::tools
