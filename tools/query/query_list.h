// --list: what a query would read.
#pragma once

#include "tools/query/query_cli.h"
#include "tools/query/query_filter.h"

namespace capstan::tools {

// Prints one line per file. Returns the exit status.
int list_query(const QueryCommandLine& line, const RecordingSet& set, QueryFilter& filter);

}  // namespace capstan::tools
