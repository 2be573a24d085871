// The output of `capstan index`: a line per recording, a progress line, JSON.
#pragma once

#include <string>
#include <vector>

#include "tools/index/index_run.h"

namespace capstan::tools {

// Whether the outcome makes the exit status 1 or 2.
bool is_failure(IndexOutcome outcome) noexcept;

// One line without a newline: "x.pcapng: 1,234 packets, 56 conversations; its index takes 3.1 KiB
// (0.6 %)".
std::string index_line(const IndexResult& result);

// "12 of 40 files, 3.2 of 10.0 GiB, 512 MiB/s".
std::string index_progress(const IndexRun& run, std::uint64_t elapsed_ns);

// An object of several lines, without a newline at its end.
std::string index_json(const std::vector<IndexResult>& results);

}  // namespace capstan::tools
