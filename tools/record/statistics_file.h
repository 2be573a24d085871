// StatisticsFile: the statistics of a recording as JSON lines, at intervals and once at the end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/core/unique_fd.h"
#include "tools/common/line_output.h"

namespace capstan::tools {

struct RecordStats;

// One thread. If the target cannot be written this is reported, without any effect on the
// recording.
class StatisticsFile {
 public:
  // Throws std::system_error when `target` ("-": standard output) cannot be opened.
  explicit StatisticsFile(const std::string& target);

  void write(const RecordStats& stats);
  // Whether the last line (stats.final) could not be written.
  bool incomplete() const noexcept { return incomplete_; }

 private:
  std::string target_;
  UniqueFd fd_;
  LineOutput out_;
  int error_ = 0;  // errno value reported last
  bool incomplete_ = false;
};

}  // namespace capstan::tools
