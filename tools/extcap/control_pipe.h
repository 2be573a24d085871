// ControlPipe: what a capture shows in Wireshark's window: the status line and the log of the
// toolbar.
//
// Format from Wireshark's doc/extcap.adoc, "Messages": 'T', the length of the rest in 3 bytes
// (big-endian), the number of the control, a command, a text.
#pragma once

#include <string>
#include <string_view>

#include "engine/core/unique_fd.h"

namespace capstan::tools {

// Returns one message in that format. A text of more than 16 MiB is cut.
enum class ControlCommand : unsigned char { kAdd = 2, kStatusLine = 6 };
std::string control_message(int control, ControlCommand command, std::string_view text);

// One thread. Never waits: if the toolbar does not read, complete messages are dropped.
class ControlPipe {
 public:
  // Without pipes: all messages are dropped.
  ControlPipe() = default;
  // Opens both named pipes, which must exist; an empty name means no pipe. Throws UsageError.
  ControlPipe(const std::string& in, const std::string& out);

  void show_status(std::string_view text);
  void log(std::string_view text);

  // read_commands() reads and ignores what the toolbar sends; in_descriptor() tells when, and is -1
  // when there is no such pipe (any more).
  int in_descriptor() const noexcept { return in_.get(); }
  void read_commands() noexcept;

 private:
  void send(const std::string& message) noexcept;

  UniqueFd in_;
  UniqueFd out_;
};

}  // namespace capstan::tools
