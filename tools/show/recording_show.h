// `capstan show -i -w`: records through the engine of `capstan record`, and with --print prints
// beside it what the output takes.
#pragma once

#include "tools/record/record_options.h"
#include "tools/show/show_cli.h"

namespace capstan::tools {

// The recording that -w asks for. `options` names the interfaces.
RecordOptions recording_options(const ShowOptions& options);

// Returns the exit status. Throws what Recorder throws.
int show_and_record(const ShowOptions& options);

}  // namespace capstan::tools
