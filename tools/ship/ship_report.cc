#include "tools/ship/ship_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "engine/core/clock.h"
#include "tools/common/counted.h"
#include "tools/common/units.h"

namespace capstan::fleet {

namespace {

double seconds(std::uint64_t ns) {
  return static_cast<double>(ns) / static_cast<double>(kNanosecondsPerSecond);
}

std::string rate(std::uint64_t rows, std::uint64_t elapsed_ns) {
  return tools::grouped(
      static_cast<std::uint64_t>(static_cast<double>(rows) / std::max(seconds(elapsed_ns), 1e-3)));
}

}  // namespace

std::string ship_progress(const ShipCounters& counters, std::uint64_t elapsed_ns) {
  std::string text = fmt::format("{} of {}", tools::counted(counters.rows, "row"),
                                 tools::counted(counters.files, "file"));
  if (counters.files_waiting != 0) {
    text += fmt::format(", {} wait{}", tools::counted(counters.files_waiting, "file"),
                        counters.files_waiting == 1 ? "s" : "");
  }
  text += fmt::format(", {} rows/s", rate(counters.rows, elapsed_ns));
  if (!counters.trouble.empty()) text += "; trying again";
  return text;
}

std::string ship_summary(const ShipCounters& counters, std::uint64_t elapsed_ns) {
  std::string text = fmt::format(
      "{} of {} shipped in {}: {} rows/s, {} packed\n", tools::counted(counters.rows, "row"),
      tools::counted(counters.files, "file"), tools::human_duration(elapsed_ns),
      rate(counters.rows, elapsed_ns), tools::human_bytes(counters.bytes));
  const auto note = [&text](std::uint64_t number, std::string_view what, std::string_view rest) {
    if (number != 0) text += fmt::format("{}{}\n", tools::counted(number, what), rest);
  };
  note(counters.batches_found, "lost answer",
       ": what had been sent was there already, and not sent again");
  note(counters.files_refused, "file", " not shipped: they have no rows");
  note(counters.files_failed, "time", " a recording could not be read");
  note(counters.files_gone, "file", " deleted before their rows were shipped");
  note(counters.files_given_up, "file",
       " given up in the middle: neither their spool nor they themselves could "
       "be read");
  note(counters.files_damaged, "file", " shipped up to where they break off");
  note(counters.many_rows, "conversation",
       " or more without a row of their own (docs/format-index.md: many)");
  return text;
}

nlohmann::ordered_json ship_json(const ShipCounters& counters, const ShipState& state,
                                 const std::string& sensor, std::uint64_t elapsed_ns, bool final) {
  nlohmann::ordered_json line;
  line["time"] = tools::utc_time(wall_clock_ns());
  line["final"] = final;
  line["sensor"] = sensor;
  line["seconds"] = seconds(elapsed_ns);
  line["files"] = counters.files;
  line["rows"] = counters.rows;
  line["batches"] = counters.batches;
  line["bytes"] = counters.bytes;
  line["batches_found"] = counters.batches_found;
  line["failures"] = counters.failures;
  line["files_waiting"] = counters.files_waiting;
  line["files_refused"] = counters.files_refused;
  line["files_failed"] = counters.files_failed;
  line["files_gone"] = counters.files_gone;
  line["files_given_up"] = counters.files_given_up;
  line["files_damaged"] = counters.files_damaged;
  line["many_rows"] = counters.many_rows;
  line["seconds_making_rows"] = seconds(counters.spool_ns);
  line["seconds_sending"] = seconds(counters.send_ns);
  line["files_ever"] = state.files_shipped;
  line["rows_ever"] = state.rows_shipped;
  line["trouble"] = counters.trouble;
  return line;
}

}  // namespace capstan::fleet
