#include "engine/core/errors.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "engine/core/file_size_limit.h"

namespace capstan {

namespace {

// std::system_error appends ": <strerror>" to its what(); the mend belongs after that, so the text
// is composed here and what() is overridden.
class ErrorWithMend : public std::system_error {
 public:
  ErrorWithMend(int error_number, std::string text)
      : std::system_error(error_number, std::generic_category()), text_(std::move(text)) {}
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string text_;
};

// For errors that mean the same whatever was tried: nothing else helps against them.
std::string general_mend(int error_number) {
  rlimit limit{};
  if (error_number == EMFILE && ::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    return "This process may open " + std::to_string(limit.rlim_cur) +
           " files and sockets: raise the limit (ulimit -n, LimitNOFILE=)";
  }
  if (error_number == EFBIG && file_size_limit() != kNoFileSizeLimit) {
    return "Files of this process may have " + std::to_string(file_size_limit()) +
           " bytes: raise the limit (ulimit -f, LimitFSIZE=)";
  }
  if (error_number == ENFILE) return "The machine's limit is reached (sysctl fs.file-max)";
  return {};
}

}  // namespace

std::string errno_text(int error_number) { return std::generic_category().message(error_number); }

void throw_system_error(int error_number, std::string_view operation, std::string_view mend) {
  std::string text{operation};
  text += ": ";
  text += errno_text(error_number);
  std::string what_helps = general_mend(error_number);
  if (what_helps.empty()) what_helps = mend;
  if (!what_helps.empty()) {
    text += ". ";
    text += what_helps;
  }
  throw ErrorWithMend(error_number, std::move(text));
}

void throw_errno(std::string_view operation, std::string_view mend) {
  throw_system_error(errno, operation, mend);
}

std::string permission_mend() {
  char path[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof(path));
  const std::string_view self =
      length > 0 ? std::string_view(path, static_cast<std::size_t>(length)) : "capstan";
  return fmt::format(
      "Capturing needs CAP_NET_RAW: run as root, or once: "
      "sudo setcap cap_net_raw,cap_net_admin,cap_ipc_lock+ep {}",
      self);
}

}  // namespace capstan
