// Log: lines on standard error, each with its weight when the journal reads them.
//
// Under systemd the journal takes the weight from "<N>" in front of a line (sd-daemon(3)); whether
// standard error leads there is what JOURNAL_STREAM says (systemd.exec(5)).
#pragma once

#include <string_view>

namespace capstan::tools {

// The numbers of syslog(3).
enum class LogLevel : int { kError = 3, kWarning = 4, kNotice = 5, kInfo = 6 };

class Log {
 public:
  Log();
  // One line; without the journal "capstan: " stands in front of it.
  void write(LogLevel level, std::string_view text) const;

 private:
  bool journal_;
};

}  // namespace capstan::tools
