#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/core/errors.h"
#include "writers/recording/packet_file_writer.h"

namespace capstan {

UniqueFd open_packet_output(const std::string& path) {
  constexpr mode_t kFileMode = 0640;
  UniqueFd fd(path == "-"
                  ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
                  : ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kFileMode));
  if (!fd) throw_errno(fmt::format("open {}", path), "The directory must be there and writable");
  if (path == "-" && ::isatty(fd.get()) != 0) {
    throw UsageError(
        "standard output is a terminal, which would only be filled with binary data; pipe it into "
        "a program or name a file with -w");
  }
  return fd;
}

}  // namespace capstan
