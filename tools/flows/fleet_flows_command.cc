#include "tools/flows/fleet_flows_command.h"

#include <fmt/format.h>

#include "tools/common/counted.h"
#include "tools/common/exit_status.h"
#include "tools/common/link_filter.h"
#include "tools/common/log.h"
#include "tools/common/units.h"
#include "tools/fleet/fleet_flows.h"
#include "tools/flows/flow_book.h"
#include "tools/flows/flow_print.h"

namespace capstan::tools {

namespace {

using fleet::asking::SensorRows;

// What the database has of a sensor says how far the lines can be all there were.
void tell(const SensorRows& sensor) {
  if (!sensor.named) {
    say("{}: in the database, but not named here: not in these lines\n", sensor.name);
    return;
  }
  if (sensor.files == 0) {
    say("{}: no file of this time is in the database\n", sensor.name);
    return;
  }
  std::string text = fmt::format("{}: {} file{} up to {}", sensor.name, grouped(sensor.files),
                                 sensor.files == 1 ? "" : "s", local_time(sensor.last_ns));
  if (sensor.lost != 0) text += fmt::format(", {} packets lost in them", grouped(sensor.lost));
  if (sensor.silent_files != 0) {
    text += fmt::format(", {} of them do not say what they lost", grouped(sensor.silent_files));
  }
  if (sensor.many_packets != 0) {
    text += fmt::format(", {} packets of at least {} conversations have no rows (a scan?)",
                        grouped(sensor.many_packets), grouped(sensor.many_rows));
  }
  if (sensor.rows_gone != 0) {
    text += fmt::format(", {} of them not in the database any more (expired?)",
                        counted(sensor.rows_gone, "conversation"));
  }
  say("{}\n", text);
}

}  // namespace

int flows_of_fleet(const FlowsCommandLine& line, const std::atomic<bool>& stop) {
  const fleet::asking::FleetFile file = fleet::asking::read_fleet_file(line.fleet_path);
  const fleet::asking::FleetQuestion question{line.range, line.filter, false};
  LinkFilter filter(line.filter, RecordingSet{});
  FlowBook book(line.most_flows);
  const std::vector<SensorRows> sensors =
      ask_flows(file, question, filter, stop,
                [&book](const IndexRow& row, std::uint64_t lost) { book.add(row, lost); });
  print_flows(line, book);
  say("{} conversations from the database\n", grouped(book.flows().size()));
  if (book.rest().rows != 0) {
    say("{} more ({} packets, {}) are in no line: --max-flows {} is reached\n",
        grouped(book.rest().rows), grouped(book.rest().packets), human_bytes(book.rest().bytes),
        line.most_flows);
  }
  for (const SensorRows& sensor : sensors) tell(sensor);
  return kExitDone;
}

}  // namespace capstan::tools
