// What happened to a link, as a line of the log and of the recording.
#pragma once

#include <string>

#include "engine/capture/link_states.h"

namespace capstan::tools {

// A sentence without its full stop. `recording_ends`: that was the last interface, and the
// recording ends with it. `can_return`: recording it can go on when it is there again.
std::string link_event_text(const LinkEvent& event, bool recording_ends, bool can_return);

}  // namespace capstan::tools
