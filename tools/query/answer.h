// Where the packets of a query go: lines, a count, or a file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/reader/set_reader.h"
#include "tools/query/completeness_text.h"
#include "tools/query/query_cli.h"

namespace capstan::tools {

class Answer {
 public:
  virtual ~Answer() = default;
  virtual SetListener& listener() = 0;
  // False: nothing more is wanted.
  virtual bool take(const SetPacket& packet) = 0;
  // `record`: the completeness record as text, for outputs that have a place for it.
  virtual void finish(std::string_view record) = 0;
  // After an error: what was taken so far shall be readable.
  virtual void save() noexcept {}
};

// As the command line says. Borrows `line` and `set`. `sensors`: names that stand in front of those
// of the interfaces, one for each file of the set; empty: none. `record_room_bytes`: kept free for
// the record in the head of a file.
std::unique_ptr<Answer> make_answer(const QueryCommandLine& line, const RecordingSet& set,
                                    const std::vector<std::string>& sensors,
                                    std::uint16_t record_room_bytes);

// What a query took.
struct TakenPackets {
  std::string limit;             // "-c 5": what ended it; empty: it came to its end
  std::uint64_t reached_ns = 0;  // time of the last packet
};
inline constexpr const char* kClosedOutput = "a closed output";

// Takes packets of a reader (SetReader, or another with the same next()) until a limit of the
// command line, and counts them.
template <typename Reader>
TakenPackets take_packets(Reader& reader, Answer& answer, const QueryCommandLine& line,
                          QueryTotals& totals) {
  TakenPackets taken;
  SetPacket packet;
  while (reader.next(packet)) {
    if (totals.bytes + packet.packet.caplen > line.byte_limit) {
      taken.limit = "--max-bytes " + std::to_string(line.byte_limit);
      break;
    }
    ++totals.packets;
    totals.bytes += packet.packet.caplen;
    taken.reached_ns = packet.packet.timestamp_ns;
    const bool more = answer.take(packet);
    if (totals.packets == line.packet_limit) {
      taken.limit = "-c " + std::to_string(line.packet_limit);
      break;
    }
    if (!more) {
      taken.limit = kClosedOutput;
      break;
    }
  }
  return taken;
}

// Writes a text to the file of --stats-json ("-": standard output). Throws std::system_error.
void write_stats(const std::string& path, const std::string& json);

}  // namespace capstan::tools
