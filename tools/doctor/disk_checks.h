// Checks of the target directory: file system, direct I/O, space, and the disk's rate compared with
// the link's.
#pragma once

#include "tools/doctor/check.h"
#include "tools/doctor/disk_probe.h"

namespace capstan::tools {

inline constexpr double kDiskHeadroom =
    1.2;  // the disk should be a fifth faster than a full link requires

Checks check_file_system(const DiskFacts& disk);

// `link_bits_per_second`: 0 when not known.
Check check_disk_rate(const DiskFacts& disk, const DiskRate& rate,
                      std::uint64_t link_bits_per_second);

}  // namespace capstan::tools
