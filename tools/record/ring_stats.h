// The counts of a capture's rings, for the statistics and for the end of a file.
#pragma once

#include <vector>

#include "engine/capture/capture.h"
#include "tools/record/links.h"
#include "tools/record/record_stats.h"
#include "writers/recording/pcapng_format.h"

namespace capstan::tools {

// One entry per ring. A snapshot while the capture runs.
std::vector<RingStats> ring_stats(const Capture& capture);

// One entry per ring. Requires: capture.finished().
std::vector<ClosingLedger> closing_ledgers(const Capture& capture, Links& links);

// Whether more than an eighth of a ring's blocks are held: work that can wait should then wait. Any
// thread.
bool a_ring_fills(const Capture& capture) noexcept;

}  // namespace capstan::tools
