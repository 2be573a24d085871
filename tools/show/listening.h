// Parts of `show` for a live link that are the same with and without recording.
#pragma once

#include <string>

#include "engine/capture/capture.h"
#include "tools/show/show_cli.h"

namespace capstan::tools {

// The default for -i: the first interface that is up and is not the loopback, as in tcpdump.
std::string default_interface();

// Requires: at least one interface.
CaptureOptions capture_options(const ShowOptions& options);

// Prints "listening on ..." on standard error.
void announce_listening(const ShowOptions& options, const Capture& capture);

// tcpdump's three lines at the end.
std::string summary_text(std::uint64_t captured, std::uint64_t received, std::uint64_t dropped);

}  // namespace capstan::tools
