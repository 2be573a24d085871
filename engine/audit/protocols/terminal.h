// TerminalLogin: a login typed at a prompt, as in Telnet and rlogin, after their own framing has
// been removed.
#pragma once

#include <array>
#include <string_view>

#include "engine/audit/recogniser.h"
#include "engine/audit/secret_buffer.h"

namespace capstan::audit {

// Watches the server's text for a prompt and the client's typing for the line that answers it.
// Works both in character mode (one byte per packet, echoed) and in line mode.
class TerminalLogin {
 public:
  void server_text(std::uint8_t byte) noexcept;
  // `where` is the byte's place in the stream.
  void client_text(std::uint8_t byte, Bytes where, Context& context);
  // The session is over: a password that was typed but not sent with Enter still counts.
  void finish(Context& context);

 private:
  enum class Input : std::uint8_t { kNone, kOther, kUser, kPassword };
  Input prompted() const noexcept;
  void end_of_line(Context& context);

  std::array<char, 96> line_{};  // the server's last line, in lower case
  std::size_t line_size_ = 0;
  bool line_ended_ = false;
  bool server_seen_ = false;
  bool after_cr_ = false;
  bool named_ = false;             // a name was typed at a prompt, and nothing after it
  std::size_t name_bytes_ = 0;     // length of that name
  std::size_t since_name_ = 0;     // printable bytes the server has sent since then
  Input input_ = Input::kNone;     // what the client is typing; kNone: at the start of a line
  std::uint32_t blind_lines_ = 0;  // lines typed before any byte of the server was seen
  SecretBuffer<256> typed_;
};

}  // namespace capstan::audit
