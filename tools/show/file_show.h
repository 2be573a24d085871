// `capstan show -r`: the packets of files, one file after the other.
#pragma once

#include "tools/show/show_cli.h"

namespace capstan::tools {

// Returns the exit status: 1 when a file is damaged, of which what lies in front of the damage is
// shown. Throws UsageError for a file that is none, a filter that does not compile, or what
// CaptureFile throws.
int show_files(const ShowOptions& options);

}  // namespace capstan::tools
