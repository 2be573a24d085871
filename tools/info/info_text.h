// A RecordingSummary as text for people.
#pragma once

#include <string>

#include "engine/reader/recording_summary.h"
#include "engine/reader/recordings_together.h"

namespace capstan::tools {

// Aligned lines, each with a newline. `all`: every interface and lost span, not only the first
// ones.
std::string info_text(const RecordingSummary& summary, bool all);

// The same for several files together.
std::string together_text(const TogetherReport& report);

// "ns", "us", "2^-32 s": the unit of an interface's timestamps.
std::string resolution_text(const TimestampScale& scale);

// The recording's id as 32 hexadecimal digits.
std::string recording_id_text(const RecordingMark& mark);

}  // namespace capstan::tools
