// Describes what happened to a link, for the log and the recording.
#pragma once

#include <string>

#include "engine/capture/link_states.h"

namespace capstan::tools {

// Returns a sentence without its full stop. `recording_ends`: that was the last interface, and the
// recording ends because of it. `can_return`: the interface can be recorded again when it returns.
std::string link_event_text(const LinkEvent& event, bool recording_ends, bool can_return);

}  // namespace capstan::tools
