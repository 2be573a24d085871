// TerminalLogin: a login typed at a prompt, as Telnet and rlogin carry it, once their own framing
// is off.
#pragma once

#include <array>
#include <string_view>

#include "engine/audit/recogniser.h"
#include "engine/audit/secret_buffer.h"

namespace capstan::audit {

// Follows the server's text for its prompt and the client's typing for the line it answers with.
// Works for character mode (one byte a packet, echoed) and line mode alike.
class TerminalLogin {
 public:
  void server_text(std::uint8_t byte) noexcept;
  // `where` is the byte as it lies in the stream.
  void client_text(std::uint8_t byte, Bytes where, Context& context);
  // The session is over: a password typed but not sent off with Enter still counts.
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
  std::size_t name_bytes_ = 0;     // of it
  std::size_t since_name_ = 0;     // printable bytes of the server's since then
  Input input_ = Input::kNone;     // what the client is typing; kNone: at the start of a line
  std::uint32_t blind_lines_ = 0;  // lines typed while the server was not seen
  SecretBuffer<256> typed_;
};

}  // namespace capstan::audit
