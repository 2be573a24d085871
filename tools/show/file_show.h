// `capstan show -r`: the packets of files, one file after the other.
#pragma once

#include "tools/show/show_cli.h"

namespace capstan::tools {

// Returns the exit status: 1 when a file is damaged, of which the part before the damage is shown.
// Throws UsageError for a file that is not a capture file, a filter that does not compile, and what
// CaptureFile throws.
int show_files(const ShowOptions& options);

}  // namespace capstan::tools
