#include "tools/record/record_command.h"

#include <fmt/format.h>
#include <signal.h>

#include "engine/core/clock.h"
#include "engine/core/memory.h"
#include "tools/common/exit_status.h"
#include "tools/common/log.h"
#include "tools/common/print_interfaces.h"
#include "tools/common/signals.h"
#include "tools/record/record_cli.h"
#include "tools/record/recorder.h"
#include "tools/record/start_notes.h"
#include "tools/watch/service_notify.h"
#include "tools/watch/wait_for_interfaces.h"

namespace capstan::tools {

int record_command(int argc, char** argv) {
  std::optional<RecordCommandLine> line = parse_record_command_line(argc, argv);
  if (!line) return kExitDone;
  if (line->list_interfaces) {
    print_interfaces();
    return kExitDone;
  }
  RecordOptions& options = line->options;
  SignalEvents signals{SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};
  if (options.wait_for_interface) {
    ServiceNotify service;
    std::string status;
    const auto waiting = [&](const std::string& name) {
      status = fmt::format("waiting until {} is there and up", name);
      standard_log().write(LogLevel::kNotice, status);
      service.ready(status);  // a service that is asked to wait is up while it does
    };
    const auto tick = [&] { service.tick(monotonic_clock_ns(), [&] { return status; }); };
    if (!wait_for_interfaces(options.capture.interfaces, signals, waiting, tick)) return kExitDone;
  }
  const std::string memory =
      memory_note(options.capture.ring_size_bytes,
                  options.capture.interfaces.size() * options.capture.rings_per_interface,
                  available_memory_bytes());
  if (!memory.empty()) standard_log().write(LogLevel::kWarning, memory);
  return Recorder(std::move(options), signals).run();
}

}  // namespace capstan::tools
