// The command line of `capstan bench`.
#pragma once

#include <optional>
#include <string>

#include "tools/bench/bench_run.h"

namespace capstan::tools {

struct BenchCommandLine {
  bench::BenchPlan plan;
  std::string json_path;  // empty: none; "-": standard output
  std::string html_path;  // empty: none
  std::string interface;  // empty: a veth pair that the bench creates
  bool quiet = false;
};

// Parses and checks. Returns nullopt when help was printed. Throws UsageError.
std::optional<BenchCommandLine> parse_bench_command_line(int argc, const char* const* argv);

}  // namespace capstan::tools
