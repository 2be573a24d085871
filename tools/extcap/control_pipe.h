// ControlPipe: what a capture shows in Wireshark's window: the status line and the toolbar's log.
//
// Wireshark's doc/extcap.adoc, "Messages": 'T', the length of what follows in 3 bytes (big-endian),
// the control's number, a command, a text.
#pragma once

#include <string>
#include <string_view>

#include "engine/core/unique_fd.h"

namespace capstan::tools {

// One message as it goes over the wire. A text of more than 16 MiB is cut.
enum class ControlCommand : unsigned char { kAdd = 2, kStatusLine = 6 };
std::string control_message(int control, ControlCommand command, std::string_view text);

// One thread. Never waits: a toolbar that does not read misses messages, each whole.
class ControlPipe {
 public:
  // There is none: says nothing.
  ControlPipe() = default;
  // Opens both named pipes, which are there already; an empty name is none. Throws UsageError.
  ControlPipe(const std::string& in, const std::string& out);

  void show_status(std::string_view text);
  void log(std::string_view text);

  // Reads and forgets what the toolbar sends. Its descriptor: -1 when there is none any more.
  int in_descriptor() const noexcept { return in_.get(); }
  void read_commands() noexcept;

 private:
  void send(const std::string& message) noexcept;

  UniqueFd in_;
  UniqueFd out_;
};

}  // namespace capstan::tools
