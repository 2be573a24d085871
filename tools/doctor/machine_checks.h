// Checks of the machine and its kernel, independent of the adapter.
#pragma once

#include "tools/doctor/check.h"
#include "tools/doctor/system_tree.h"

namespace capstan::tools {

// From /proc and /sys: CPU governor, isolation, irqbalance, memlock, hugepages, kernel version.
Checks check_machine(const SystemTree& system, std::size_t cpus);

// Checks that have to be tried on the running kernel: io_uring, writing from a ring's own memory,
// Landlock.
Checks probe_kernel(const SystemTree& system);

}  // namespace capstan::tools
