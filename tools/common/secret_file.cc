#include "tools/common/secret_file.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "engine/core/errors.h"
#include "tools/common/small_file.h"

namespace capstan::tools {

std::string read_secret(const std::string& what, const std::string& path) {
  std::string text = read_small_file(what, path);
  struct stat status {};
  const bool shown = ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
                     (status.st_mode & S_IROTH) != 0;
  if (shown) {
    throw UsageError(
        fmt::format("{} {}: everybody here can read it: chmod 640 {}", what, path, path));
  }
  return text;
}

std::string read_secret_line(const std::string& what, const std::string& path) {
  const std::string text = read_secret(what, path);
  std::string line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.pop_back();
  if (line.empty()) throw UsageError(fmt::format("{} {}: its first line is empty", what, path));
  return line;
}

}  // namespace capstan::tools
