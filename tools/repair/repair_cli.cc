#include "tools/repair/repair_cli.h"

#include <fmt/format.h>

#include "engine/core/errors.h"
#include "tools/common/command_line.h"

namespace capstan::tools {

std::optional<RepairCommandLine> parse_repair_command_line(int argc, const char* const* argv) {
  RepairCommandLine line;
  CommandLine app("Make a recording that a crash cut short whole again", "capstan repair");
  app.add_option("file", line.files, "Recordings: .NAME.part, pcapng or pcap").required();
  app.add_flag("-n,--dry-run", line.options.dry_run, "Only say what would be done");
  app.add_flag("--salvage", line.options.salvage,
               "Keep valid blocks behind a hole as well, moved up");
  app.add_flag("--force", line.options.force,
               "Cut in place although more than an unfinished record goes");
  app.add_option("-o,--output", line.options.output,
                 "Write the result to a new file and leave the recording as it is");
  if (!parse_command_line(app, argc, argv)) return std::nullopt;
  if (!line.options.output.empty() && line.files.size() > 1) {
    throw UsageError(
        fmt::format("--output takes one recording, and {} are given", line.files.size()));
  }
  return line;
}

}  // namespace capstan::tools
