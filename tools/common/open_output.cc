#include "tools/common/open_output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "engine/core/errors.h"

namespace capstan::tools {

UniqueFd open_output(const std::string& target, std::string_view what) {
  UniqueFd fd(target == "-"
                  ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
                  : ::open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
  if (!fd) throw_errno(fmt::format("open {} for {}", target, what));
  return fd;
}

}  // namespace capstan::tools
