// `capstan show -i -w`: records with the engine of `capstan record`; with --print it also prints as
// many packets as the output accepts.
#pragma once

#include "tools/record/record_options.h"
#include "tools/show/show_cli.h"

namespace capstan::tools {

// The recording that -w requests. `options` names the interfaces.
RecordOptions recording_options(const ShowOptions& options);

// Returns the exit status. Throws what Recorder throws.
int show_and_record(const ShowOptions& options);

}  // namespace capstan::tools
