// The statistics of a recording for Prometheus.
#pragma once

#include <string>

#include "tools/record/record_stats.h"

namespace capstan::tools {

// Returns the text exposition format, version 0.0.4. Names begin with capstan_ and do not change.
std::string metrics_text(const RecordStats& stats);

}  // namespace capstan::tools
