// What `show` does about a live link whether it only prints or records as well.
#pragma once

#include <string>

#include "engine/capture/capture.h"
#include "tools/show/show_cli.h"

namespace capstan::tools {

// What -i is without -i: the first interface that is up and is not the loopback, as tcpdump has it.
std::string default_interface();

// Requires: at least one interface.
CaptureOptions capture_options(const ShowOptions& options);

// "listening on ...", on standard error.
void announce_listening(const ShowOptions& options, const Capture& capture);

// tcpdump's three lines at the end.
std::string summary_text(std::uint64_t captured, std::uint64_t received, std::uint64_t dropped);

}  // namespace capstan::tools
