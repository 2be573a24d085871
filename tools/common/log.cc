#include "tools/common/log.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace capstan::tools {

namespace {

bool leads_to_the_journal() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets it
  const char* const stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  return stream != nullptr && ::fstat(STDERR_FILENO, &status) == 0 &&
         fmt::format("{}:{}", status.st_dev, status.st_ino) == stream;
}

}  // namespace

Log::Log() : journal_(leads_to_the_journal()) {}

void Log::write(LogLevel level, std::string_view text) const {
  if (journal_) {
    fmt::print(stderr, "<{}>{}\n", static_cast<int>(level), text);
  } else {
    fmt::print(stderr, "capstan: {}\n", text);
  }
}

}  // namespace capstan::tools
