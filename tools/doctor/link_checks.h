// Checks of one adapter: its offloads, ring, queues, hash, pause frames, interrupts and NUMA node.
#pragma once

#include "tools/doctor/check.h"
#include "tools/doctor/link_facts.h"
#include "tools/doctor/system_tree.h"

namespace capstan::tools {

// Checks of what ethtool reports.
Checks check_link(const LinkFacts& facts, std::size_t cpus);

// Checks of what /sys and /proc report about the adapter: drops so far, interrupts, NUMA node.
Checks check_link_placing(const std::string& name, const SystemTree& system);

}  // namespace capstan::tools
