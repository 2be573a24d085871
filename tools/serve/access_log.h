// AccessLog: one JSON line per request: who requested what, when, and with what result.
#pragma once

#include <cstdint>
#include <string>

#include "engine/core/unique_fd.h"
#include "tools/common/line_output.h"

namespace capstan::serve {

struct AccessLine {
  std::uint64_t began_ns = 0;  // since 1970
  std::uint64_t duration_ns = 0;
  std::string address;
  std::string who;  // empty: an unknown client
  std::string method;
  std::string target;  // without secrets
  std::string fleet;   // that was asked; empty: none
  unsigned status = 0;
  std::uint64_t bytes = 0;
  bool whole = true;  // the client received all of it
};

// Any thread.
class AccessLog {
 public:
  // Appends to `path`, created with mode 0640; "-" is standard error, empty means no log. Throws
  // std::system_error.
  explicit AccessLog(const std::string& path);

  void write(const AccessLine& line) noexcept;
  // Lines that could not be written.
  std::uint64_t left_out() const noexcept { return out_.left_out(); }

 private:
  UniqueFd fd_;
  bool on_;
  tools::LineOutput out_;
};

// The target without its ticket; one that is too long to be answered is cut and ends with "...".
std::string loggable_target(std::string_view target);

}  // namespace capstan::serve
