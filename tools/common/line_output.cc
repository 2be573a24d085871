#include "tools/common/line_output.h"

#include <cerrno>
#include <exception>

#include "engine/core/write_all.h"

namespace capstan::tools {

int LineOutput::put(std::string_view lines, int patience_ms) noexcept {
  const int error = try_put(lines, patience_ms);
  if (error != 0) left_out_.fetch_add(1, std::memory_order_relaxed);
  return error;
}

int LineOutput::draw(std::string_view text) noexcept { return try_put(text, 0); }

int LineOutput::try_put(std::string_view lines, int patience_ms) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    return write_locked(lines, patience_ms);
  } catch (const std::exception&) {
    return ENOMEM;  // for the rest of a line
  }
}

int LineOutput::write_locked(std::string_view lines, int patience_ms) {
  const int patience = stuck_ && patience_ms == kPatienceMs ? 0 : patience_ms;
  const auto write = [&](std::string_view text) {
    const WriteOutcome outcome = write_all(fd_, text.data(), text.size(), patience);
    stuck_ = outcome.error == EAGAIN;
    return outcome;
  };
  if (!rest_.empty()) {
    const WriteOutcome outcome = write(rest_);
    rest_.erase(0, outcome.written);
    if (outcome.error != 0) return outcome.error;
  }
  const WriteOutcome outcome = write(lines);
  if (outcome.error == 0 || outcome.written == 0) return outcome.error;
  // What has begun is not left out: it comes in front of the next.
  rest_ = lines.substr(outcome.written);
  return 0;
}

}  // namespace capstan::tools
