#include "tools/record/statistics_file.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "engine/core/errors.h"
#include "tools/common/json_text.h"
#include "tools/common/log.h"
#include "tools/common/open_output.h"
#include "tools/record/record_stats.h"

namespace capstan::tools {

namespace {

// How long the last line may take to be written.
constexpr int kLastLinePatienceMs = 2000;

}  // namespace

StatisticsFile::StatisticsFile(const std::string& target)
    : target_(target), fd_(open_output(target, "the statistics")), out_(fd_.get()) {}

void StatisticsFile::write(const RecordStats& stats) {
  const int patience_ms = stats.final ? kLastLinePatienceMs : LineOutput::kPatienceMs;
  int error = out_.put(dump_json(to_json(stats)) + "\n", patience_ms);
  if (stats.final && error == 0) error = out_.finish(patience_ms);
  if (stats.final && error != 0) {
    incomplete_ = true;
    standard_log().write(
        LogLevel::kWarning,
        fmt::format("{}: the last statistics are missing: {}; the recording is not touched by that",
                    target_, errno_text(error)));
  } else if (error != 0 && error_ == 0) {
    standard_log().write(LogLevel::kWarning,
                         fmt::format("{}: statistics are left out: {}; the recording goes on",
                                     target_, errno_text(error)));
  } else if (error == 0 && error_ != 0) {
    standard_log().write(
        LogLevel::kInfo,
        fmt::format("{}: statistics are written again; {} are missing", target_, out_.left_out()));
  }
  error_ = error;
}

}  // namespace capstan::tools
