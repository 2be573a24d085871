#include "tools/doctor/doctor_cli.h"

#include "tools/common/command_line.h"

namespace capstan::tools {

std::optional<DoctorCommandLine> parse_doctor_command_line(int argc, const char* const* argv) {
  DoctorCommandLine line;
  bool no_measure = false;
  std::string plan;
  CommandLine app(
      "Say what about this adapter, kernel and disk will cost packets, and how to mend it",
      "capstan doctor");
  app.add_option("interface", line.interface,
                 "Adapter to look at; without, only the machine and the disk are");
  app.add_option("--dir", line.directory, "Directory recordings go to (default: this one)");
  app.add_option("--plan", plan,
                 "Say what recording RATE for TIME wants, of packets of BYTES on average, and the "
                 "command for it: 40G,7d or 40G,7d,350");
  app.add_flag("--json", line.json, "Print one JSON object");
  app.add_flag("--no-measure", no_measure, "Do not write to the disk to find its rate");
  if (!parse_command_line(app, argc, argv)) return std::nullopt;
  line.measure = !no_measure;
  if (app.count("--plan") > 0) line.plan = parse_plan(plan);
  return line;
}

}  // namespace capstan::tools
