// LiveLine: the line with counts at the bottom of a terminal during a recording.
#pragma once

#include <cstdint>

#include "tools/record/record_stats.h"

namespace capstan::tools {

// One thread.
class LiveLine {
 public:
  // Draws only if standard error is a terminal that can redraw a line, and the user did not ask for
  // `quiet`.
  explicit LiveLine(bool quiet);
  bool shown() const noexcept { return shown_; }

  void begin(std::uint64_t now_ns) noexcept;
  // To be called several times a second; `snapshot` is called when the line is due.
  template <typename Snapshot>
  void tick(std::uint64_t now_ns, Snapshot snapshot) {
    if (shown_ && now_ns >= next_ns_) draw(now_ns, snapshot());
  }

 private:
  void draw(std::uint64_t now_ns, RecordStats stats);

  bool shown_;
  std::uint64_t next_ns_ = 0;
  std::uint64_t last_ns_ = 0;
  RecordStats last_;
};

}  // namespace capstan::tools
