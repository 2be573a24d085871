#include "tools/common/log.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>

#include "engine/core/errors.h"
#include "tools/common/units.h"

namespace capstan::tools {

namespace {

bool leads_to_the_journal(int fd) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets it
  const char* const stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  return stream != nullptr && ::fstat(fd, &status) == 0 &&
         fmt::format("{}:{}", status.st_dev, status.st_ino) == stream;
}

}  // namespace

Log::Log(int fd) noexcept : out_(fd), terminal_(fd) {
  try {
    journal_ = leads_to_the_journal(fd);
  } catch (const std::exception&) {  // no memory: lines without their weight
  }
}

void Log::say(std::string_view text) {
  const std::uint64_t unsaid = out_.left_out();
  const std::uint64_t told = owned_up_.load(std::memory_order_relaxed);
  std::string before =
      wipe_line(live_columns_.exchange(0, std::memory_order_relaxed), terminal_.columns());
  if (unsaid != told) {
    before +=
        fmt::format("{}{} message{} before this one could not be said: {}\n",
                    journal_ ? "<4>" : "capstan: ", unsaid - told, unsaid - told == 1 ? "" : "s",
                    errno_text(last_error_.load(std::memory_order_relaxed)));
  }
  const int error = before.empty() ? out_.put(text) : out_.put(before.append(text));
  if (error != 0) {
    last_error_.store(error, std::memory_order_relaxed);
  } else {
    owned_up_.store(unsaid, std::memory_order_relaxed);
  }
}

void Log::write(LogLevel level, std::string_view text) noexcept {
  try {
    const std::string line = visible_text(text);  // names of files may hold anything
    say(journal_ ? fmt::format("<{}>{}\n", static_cast<int>(level), line)
                 : fmt::format("capstan: {}\n", line));
  } catch (const std::exception&) {  // no memory
  }
}

void Log::put(std::string_view lines) noexcept {
  try {
    say(visible_text(lines, "\n\t"));
  } catch (const std::exception&) {  // no memory
  }
}

void Log::draw_live(std::string_view text) noexcept {
  try {
    // Of no weight: one that is not drawn is not missed.
    const std::size_t columns = text_columns(text);
    const std::size_t before = live_columns_.exchange(columns, std::memory_order_relaxed);
    static_cast<void>(out_.draw(fmt::format("{}{}", wipe_line(before, terminal_.columns()), text)));
  } catch (const std::exception&) {  // no memory
  }
}

void Log::keep_live() noexcept {
  if (live_columns_.exchange(0, std::memory_order_relaxed) != 0) put("\n");
}

Log& standard_log() noexcept {
  static Log log(STDERR_FILENO);
  return log;
}

}  // namespace capstan::tools
