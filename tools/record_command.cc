#include "tools/record_command.h"

#include <fmt/format.h>
#include <signal.h>

#include "engine/capture/interfaces.h"
#include "tools/commands.h"
#include "tools/record/recorder.h"
#include "tools/record_cli.h"
#include "tools/signals.h"
#include "tools/watch/log.h"
#include "tools/watch/wait_for_interfaces.h"

namespace capstan::tools {

void print_interfaces() {
  int place = 0;
  for (const NetworkInterface& info : list_interfaces()) {
    fmt::print("{}.{} [{}{}{}]{}{}\n", ++place, info.name, info.up ? "Up" : "Down",
               info.running ? ", Running" : "", info.loopback ? ", Loopback" : "",
               info.addresses.empty() ? "" : " ", info.addresses);
  }
}

int record_command(int argc, char** argv) {
  std::optional<RecordCommandLine> line = parse_record_command_line(argc, argv);
  if (!line) return kExitDone;
  if (line->list_interfaces) {
    print_interfaces();
    return kExitDone;
  }
  SignalEvents signals{SIGINT, SIGTERM, SIGHUP, SIGUSR1};
  if (line->wait_for_interface) {
    const Log log;
    const auto waiting = [&log](const std::string& name) {
      log.write(LogLevel::kNotice, fmt::format("waiting until {} is there and up", name));
    };
    if (!wait_for_interfaces(line->capture.interfaces, signals, waiting, [] {})) return kExitDone;
  }
  return Recorder(std::move(*line), signals).run();
}

}  // namespace capstan::tools
