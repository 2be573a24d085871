#include "tools/extcap/control_pipe.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "engine/core/errors.h"
#include "tools/extcap/extcap_sentences.h"

namespace capstan::tools {

namespace {

constexpr std::size_t kMostText = (1U << 24) - 3;
// pipe(7): a write of up to PIPE_BUF bytes to a pipe that has no room is refused as a whole.
constexpr std::size_t kAtomicBytes = 4096;

UniqueFd open_pipe(const char* option, const std::string& path, int flags) {
  if (path.empty()) return {};
  UniqueFd fd(::open(path.c_str(), flags | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  struct stat status {};
  if (fd.get() < 0 || ::fstat(fd.get(), &status) != 0) {
    throw UsageError(fmt::format("{} {}: {}", option, path, errno_text(errno)));
  }
  if (!S_ISFIFO(status.st_mode)) {
    throw UsageError(fmt::format("{} {}: it is no named pipe", option, path));
  }
  return fd;
}

}  // namespace

std::string control_message(int control, ControlCommand command, std::string_view text) {
  text = text.substr(0, std::min(text.size(), kMostText));
  const std::size_t length = text.size() + 2;
  std::string message = "T";
  message += static_cast<char>(length >> 16 & 0xff);
  message += static_cast<char>(length >> 8 & 0xff);
  message += static_cast<char>(length & 0xff);
  message += static_cast<char>(control);
  message += static_cast<char>(command);
  message += text;
  return message;
}

// For reading and writing: so it opens at once, also when Wireshark has not opened its end yet, and
// a Wireshark that has gone costs messages and no signal (fifo(7)).
ControlPipe::ControlPipe(const std::string& in, const std::string& out)
    : in_(open_pipe("--extcap-control-in", in, O_RDONLY)),
      out_(open_pipe("--extcap-control-out", out, O_RDWR)) {}

void ControlPipe::show_status(std::string_view text) {
  send(control_message(kLogControl, ControlCommand::kStatusLine, text));
}

void ControlPipe::log(std::string_view text) {
  while (!text.empty()) {
    const std::string_view part = text.substr(0, kAtomicBytes - 6);
    send(control_message(kLogControl, ControlCommand::kAdd, part));
    text.remove_prefix(part.size());
  }
}

void ControlPipe::send(const std::string& message) noexcept {
  if (out_.get() < 0 || message.size() > kAtomicBytes) return;
  [[maybe_unused]] const ssize_t written = ::write(out_.get(), message.data(), message.size());
}

void ControlPipe::read_commands() noexcept {
  char bytes[512];
  while (true) {
    const ssize_t got = ::read(in_.get(), bytes, sizeof(bytes));
    if (got > 0 || (got < 0 && errno == EINTR)) continue;
    if (got == 0 || errno != EAGAIN) in_.reset();  // nobody sends any more
    return;
  }
}

}  // namespace capstan::tools
