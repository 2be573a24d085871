#include "tools/record/record_command.h"

#include <fmt/format.h>
#include <signal.h>

#include <optional>

#include "engine/capture/interfaces.h"
#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "engine/core/memory.h"
#include "engine/filter/filter_error.h"
#include "engine/filter/packet_filter.h"
#include "tools/common/exit_status.h"
#include "tools/common/log.h"
#include "tools/common/memory_note.h"
#include "tools/common/packet_format.h"
#include "tools/common/print_interfaces.h"
#include "tools/common/signals.h"
#include "tools/record/interface_statistics.h"
#include "tools/record/record_cli.h"
#include "tools/record/recorder.h"
#include "tools/watch/service_notify.h"
#include "tools/watch/wait_for_interfaces.h"

namespace capstan::tools {

namespace {

void do_instead(const RecordCommandLine& line) {
  const CaptureOptions& capture = line.options.capture;
  const std::string link =
      capture.interfaces.empty() ? std::string(kAnyInterface) : capture.interfaces.front();
  switch (line.instead) {
    case Instead::kNothing:
      break;
    case Instead::kListInterfaces:
      print_interfaces();
      break;
    case Instead::kListLinkTypes:
      print_link_types(link);
      break;
    case Instead::kListTimeStampTypes:
      print_time_stamp_types(link);
      break;
    case Instead::kPrintFilter:
      print_filter({capture.filter,
                    line.options.link_type.empty() ? link_type::kEthernet
                                                   : link_type_by_name(line.options.link_type),
                    capture.snaplen},
                   line.filter_form);
      break;
    case Instead::kInterfaceStatistics: {
      SignalEvents signals{SIGINT, SIGTERM, SIGHUP};
      print_interface_statistics(capture.interfaces, signals);
      break;
    }
  }
}

// Where a name says one thing of its file and -F another.
std::string format_note(const RecordOptions& options) {
  for (const std::string& file : options.files) {
    const std::optional<PacketFileFormat> ending = file_ending(file).format;
    if (!ending) continue;
    const bool is_pcapng = options.format == FileFormat::kPcapng;
    if (is_pcapng == (*ending == PacketFileFormat::kPcapng)) continue;
    return fmt::format("{} becomes {}, as -F says, whatever its name ends in", file,
                       is_pcapng ? "pcapng" : "pcap");
  }
  return {};
}

}  // namespace

int record_command(int argc, char** argv) {
  std::optional<RecordCommandLine> line = parse_record_command_line(argc, argv);
  if (!line) return kExitDone;
  RecordOptions& options = line->options;
  if (line->instead != Instead::kNothing) {
    do_instead(*line);
    return kExitDone;
  }
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
  const std::string format = format_note(options);
  if (!format.empty()) standard_log().write(LogLevel::kNotice, format);
  std::optional<Recorder> recorder;
  try {
    recorder.emplace(options, signals);
  } catch (const FilterError& error) {
    // libpcap compiles it for the interface's link type, which nothing before knows.
    if (line->filter_place.empty()) throw;
    throw UsageError(fmt::format("{}: {}", line->filter_place, error.what()));
  }
  return recorder->run();
}

}  // namespace capstan::tools
