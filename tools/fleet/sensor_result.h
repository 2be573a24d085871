// SensorResult: what became of the question to one sensor.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace capstan::fleet::asking {

enum class SensorState : std::uint8_t {
  kWhole,        // everything that passed its wires in this time and matches is in the answer
  kLost,         // packets were lost there in this time
  kUnknown,      // not every file says what it lost
  kNotWhole,     // files damaged or unreadable, or a limit of the sensor's
  kNoAnswer,     // no answer began: see `why`
  kRefused,      // it answered with an error
  kNotPcapng,    // what it sent is no pcapng, from the beginning or from some byte on
  kEndedEarly,   // the answer ended in the middle
  kSilent,       // it began, and then nothing came for as long as the limit
  kInterrupted,  // ended here: a signal, a limit of the user's, or `why` (a full disk)
};

// An address from which a sensor's name is said beside the one that answered (tools/dial).
struct Namesake {
  enum class Kind : std::uint8_t {
    kOther,     // another server answers there with a certificate of that name
    kSilent,    // another one has answered there before, and does not now
    kPretends,  // nobody has answered there with such a certificate
  };
  Kind kind = Kind::kPretends;
  std::string address;
};

struct SensorResult {
  std::string name;
  SensorState state = SensorState::kNoAnswer;
  std::string why;    // a sentence; empty where the state says all
  bool asked = true;  // false: its files' rows say that none of them has such a packet
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;             // captured
  std::optional<std::uint64_t> lost;   // packets, in this time; nullopt: not known
  std::uint64_t recorded_from_ns = 0;  // its first packet of any time; 0: it did not say
  std::optional<std::int64_t>
      clock_off_s;  // its clock minus ours, at least; nullopt: it did not say
  // Files that the database has rows of, and the sensor does not have any more. False: it did not
  // say which it has.
  bool deleted_known = true;
  std::uint64_t deleted_files = 0;
  std::uint64_t deleted_matching = 0;  // conversations in them that may match
  std::string address;                 // of a sensor that dials: whence it did; empty: not known
  std::vector<Namesake> namesakes;
  std::uint64_t late_packets = 0;  // that came behind a later one
  std::uint64_t late_by_ns = 0;    // at most
  std::uint64_t fetched_bytes = 0;
  std::uint64_t waited_bytes = 0;  // of them, those that had to wait in a file

  // Seconds are rounded, and clocks of one network drift a little.
  static constexpr std::int64_t kClockToleranceS = 2;
  bool clock_is_off() const noexcept {
    return clock_off_s && (*clock_off_s > kClockToleranceS || *clock_off_s < -kClockToleranceS);
  }
  // Processors that put packets of one wire into a ring do so in any order, within microseconds.
  // More is a clock that was set, or no recording of time at all.
  static constexpr std::uint64_t kOrderToleranceNs = 1'000'000'000;
  bool is_disordered() const noexcept { return late_by_ns > kOrderToleranceNs; }
  // Whether it is known that nothing of this sensor is missing. `by_time`: the question named a
  // time, which a wrong clock moves.
  bool whole(bool by_time) const noexcept {
    return state == SensorState::kWhole && deleted_known && deleted_matching == 0 &&
           !(by_time && clock_is_off());
  }
};

std::vector<std::string> namesakes_of(const SensorResult& result, Namesake::Kind kind);
// Takes what was found beside the answer itself into its state and its sentence: others of its
// name, and packets that are not in the order of time.
void qualify(SensorResult& result);

// "whole", "lost", "no answer": for JSON.
const char* state_name(SensorState state) noexcept;

}  // namespace capstan::fleet::asking
