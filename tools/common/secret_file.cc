#include "tools/common/secret_file.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>

#include "engine/core/errors.h"

namespace capstan::tools {

std::ifstream open_secret(const std::string& what, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  struct stat status {};
  if (!file || ::stat(path.c_str(), &status) != 0) {
    throw UsageError(fmt::format("{} {}: {}", what, path, errno_text(errno)));
  }
  if (S_ISREG(status.st_mode) && (status.st_mode & S_IROTH) != 0) {
    throw UsageError(
        fmt::format("{} {}: everybody here can read it: chmod 640 {}", what, path, path));
  }
  return file;
}

std::string read_secret_line(const std::string& what, const std::string& path) {
  std::ifstream file = open_secret(what, path);
  std::string line;
  std::getline(file, line);
  if (line.ends_with('\r')) line.pop_back();
  if (line.empty()) throw UsageError(fmt::format("{} {}: its first line is empty", what, path));
  return line;
}

}  // namespace capstan::tools
