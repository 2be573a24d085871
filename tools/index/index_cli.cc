#include "tools/index/index_cli.h"

#include "tools/common/command_line.h"

namespace capstan::tools {

std::optional<IndexCommandLine> parse_index_command_line(int argc, const char* const* argv) {
  IndexCommandLine line;
  CommandLine app(
      "Make the indexes by which recordings are searched: NAME.cidx beside each NAME.\n"
      "Recordings that have one already are passed over. Runs at idle priority and leaves nothing "
      "in the page cache, so it can run beside a recording",
      "capstan index");
  app.add_option("path", line.paths, "Recordings, or directories of them").required();
  app.add_flag(
      "--check", line.check,
      "Make nothing; read every index whole and say which of them hold (status 1: not all)");
  app.add_flag("--force", line.force, "Make each index anew");
  app.add_option("-j,--jobs", line.jobs, "So many files at once (as many as processors)")
      .range(1U, 1024U);
  app.add_flag("--json", line.json, "Say what was done as JSON on standard output, at the end");
  app.add_flag("-q,--quiet", line.quiet, "Only say what went wrong");
  if (!parse_command_line(app, argc, argv)) return std::nullopt;
  return line;
}

}  // namespace capstan::tools
