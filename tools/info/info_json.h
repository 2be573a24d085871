// A RecordingSummary as JSON. The keys are documented in docs/man/capstan-info.1 and do not change.
#pragma once

#include <nlohmann/json.hpp>

#include "engine/reader/recording_summary.h"
#include "engine/reader/recordings_together.h"

namespace capstan::tools {

nlohmann::ordered_json info_json(const RecordingSummary& summary);
// All files of the command together, for --together.
nlohmann::ordered_json together_json(const TogetherReport& report);

}  // namespace capstan::tools
