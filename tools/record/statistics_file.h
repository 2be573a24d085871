// StatisticsFile: a recording's statistics as JSON lines, one now and then and one at the end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/core/unique_fd.h"
#include "tools/common/line_output.h"

namespace capstan::tools {

struct RecordStats;

// One thread. A target that takes nothing is said, and costs the recording nothing.
class StatisticsFile {
 public:
  // Throws std::system_error when `target` ("-": standard output) cannot be opened.
  explicit StatisticsFile(const std::string& target);

  void write(const RecordStats& stats);
  // The last line (stats.final) did not get through.
  bool incomplete() const noexcept { return incomplete_; }

 private:
  std::string target_;
  UniqueFd fd_;
  LineOutput out_;
  int error_ = 0;  // said last
  bool incomplete_ = false;
};

}  // namespace capstan::tools
