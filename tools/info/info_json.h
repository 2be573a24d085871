// A RecordingSummary as JSON. The keys are documented in docs/man/capstan-info.1 and stable.
#pragma once

#include <nlohmann/json.hpp>

#include "engine/reader/recording_summary.h"

namespace capstan::tools {

nlohmann::ordered_json info_json(const RecordingSummary& summary);

}  // namespace capstan::tools
