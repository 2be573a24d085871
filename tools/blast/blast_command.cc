#include "tools/blast/blast_command.h"

#include <fmt/format.h>

#include <atomic>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/blast/blast_cli.h"
#include "tools/common/exit_status.h"
#include "tools/common/json_text.h"
#include "tools/common/log.h"
#include "tools/common/signals.h"
#include "tools/common/units.h"
#include "tools/traffic/blast.h"
#include "tools/traffic/netns.h"

namespace capstan::tools {

namespace {

nlohmann::json to_json(const traffic::BlastOptions& options, const traffic::BlastResult& result) {
  nlohmann::json json;
  json["interface"] = options.interface;
  json["engine"] = result.engine;
  if (!options.replay.path.empty()) json["replay"] = options.replay.path;
  json["stream"] = options.frames.stream;
  json["first_sequence"] = result.first_sequence;
  json["next_sequence"] = result.next_sequence;
  json["frames"] = result.frames;
  json["refused"] = result.refused;
  json["vanished"] = result.vanished;
  json["too_long"] = result.too_long;
  json["sent"] = result.sent();
  json["bytes"] = result.bytes;
  json["seconds"] = static_cast<double>(result.duration_ns) / 1e9;
  json["cpu_seconds"] = static_cast<double>(result.cpu_ns) / 1e9;
  json["packets_per_second"] = result.packets_per_second();
  json["bits_per_second"] = result.bits_per_second();
  json["wire_bits_per_second"] = result.wire_bits_per_second();
  json["wanted_packets_per_second"] = result.wanted_packets_per_second;
  json["wanted_bits_per_second"] = result.wanted_bits_per_second;
  json["interrupted"] = result.interrupted;
  json["notes"] = result.notes;
  return json;
}

// `steady`: the wanted rate is that of the whole run, not of its bursts.
void print_text(const traffic::BlastResult& result, bool steady) {
  fmt::print("{} frames, {} bytes in {:.3f} s by the {} engine: {}packets/s, {}b/s", result.frames,
             result.bytes, static_cast<double>(result.duration_ns) / 1e9, result.engine,
             human_rate(result.packets_per_second()), human_rate(result.bits_per_second()));
  if (steady && result.wanted_packets_per_second > 0) {
    fmt::print(" ({:+.2f} % of wanted)",
               (result.packets_per_second() / result.wanted_packets_per_second - 1) * 100);
  } else if (steady && result.wanted_bits_per_second > 0) {
    fmt::print(" ({:+.2f} % of wanted)",
               (result.bits_per_second() / result.wanted_bits_per_second - 1) * 100);
  }
  fmt::print("\n");
  if (result.next_sequence > result.first_sequence) {
    fmt::print("sequence {} to {}", result.first_sequence, result.next_sequence - 1);
    fmt::print("; the interface dropped {} of them\n", result.refused);
  } else if (result.refused > 0) {
    fmt::print("the interface dropped {} of them\n", result.refused);
  }
  if (result.too_long > 0) fmt::print("{} more were too long for the MTU\n", result.too_long);
  if (result.interrupted) fmt::print("interrupted before the bound was reached\n");
}

}  // namespace

int blast_command(int argc, char** argv) {
  const auto line = parse_blast_command_line(argc, argv);
  if (!line) return kExitDone;
  if (!line->netns.empty()) traffic::enter_netns(traffic::open_netns(line->netns));
  const std::atomic<bool>& stop_requested = stop_flag_on_signals();
  const traffic::BlastResult result = traffic::run_blast(line->blast, stop_requested);
  for (const std::string& note : result.notes) say("capstan blast: {}\n", note);
  if (line->json) {
    fmt::print("{}\n", dump_json(to_json(line->blast, result), 2));
  } else {
    print_text(result, !line->blast.pace.has_bursts());
  }
  if (result.vanished == 0) return kExitDone;
  say("capstan blast: {} of {} frames have not left {}: its counters show neither that they "
      "were sent nor "
      "that it dropped them. Is its other end up all the time, and does it receive in NAPI "
      "(ethtool -K PEER "
      "gro on)?\n",
      result.vanished, result.frames, line->blast.interface);
  return kExitFailed;
}

}  // namespace capstan::tools
