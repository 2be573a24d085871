#include "engine/audit/protocols/terminal.h"

#include "engine/audit/login_words.h"
#include "engine/audit/text.h"

namespace capstan::audit {

void TerminalLogin::server_text(std::uint8_t byte) noexcept {
  server_seen_ = true;
  if (byte >= 0x20 && byte != 0x7f) ++since_name_;
  if (byte == '\n' || byte == '\r') {
    line_ended_ = true;
    return;
  }
  if (byte < 0x20 || byte == 0x7f) return;
  if (line_ended_) {
    line_size_ = 0;
    line_ended_ = false;
  }
  if (line_size_ == line_.size()) {
    // Only the end of a line can be a prompt: forget its first half.
    std::copy(line_.begin() + 48, line_.end(), line_.begin());
    line_size_ = line_.size() - 48;
  }
  line_[line_size_++] = lower(static_cast<char>(byte));
}

TerminalLogin::Input TerminalLogin::prompted() const noexcept {
  // Typed ahead: the server has said nothing since the name, or no more than its echo, so what
  // comes is for the prompt behind it.
  if (named_ && (since_name_ == 0 || since_name_ == name_bytes_)) return Input::kPassword;
  if (!server_seen_) {
    // One direction only: a login is a name, then a password.
    return blind_lines_ == 0 ? Input::kUser : blind_lines_ == 1 ? Input::kPassword : Input::kOther;
  }
  const std::string_view text = trim({line_.data(), line_size_});
  if (text.empty()) return Input::kOther;
  // U+FF1A, the colon of Chinese and Japanese prompts, ends one too.
  constexpr std::string_view kWideColon = "\xef\xbc\x9a";
  const bool asks = text.back() == ':' || text.back() == '?' || text.back() == '>' ||
                    text.back() == '=' || text.ends_with(kWideColon);
  if (!asks) return Input::kOther;
  switch (prompt_kind(text)) {
    case FieldKind::kPassword:
    case FieldKind::kToken:
      return Input::kPassword;
    case FieldKind::kUser:
      return Input::kUser;
    case FieldKind::kNone:
      break;
  }
  return Input::kOther;
}

void TerminalLogin::client_text(std::uint8_t byte, Bytes where, Context& context) {
  // CR LF, CR NUL and LF each end one line (RFC 854, "CR").
  if (after_cr_ && (byte == '\n' || byte == 0)) {
    after_cr_ = false;
    return;
  }
  after_cr_ = byte == '\r';
  if (byte == '\r' || byte == '\n') {
    if (input_ == Input::kNone) input_ = prompted();
    end_of_line(context);
    return;
  }
  if (input_ == Input::kNone) {
    input_ = prompted();
    typed_.set_size(0);
  }
  if (input_ == Input::kPassword) context.mark_secret(where);
  if (input_ == Input::kOther) return;
  if (byte == 0x7f || byte == 0x08) {
    if (!typed_.bytes().empty()) typed_.set_size(typed_.bytes().size() - 1);
  } else if (byte == 0x15) {  // ^U
    typed_.set_size(0);
  } else if (byte >= 0x20) {
    typed_.push(byte);
  }
}

void TerminalLogin::end_of_line(Context& context) {
  if (!server_seen_) ++blind_lines_;
  if (input_ == Input::kUser) {
    // Seen from one side only, the first line need not be the name.
    if (server_seen_) {
      named_ = true;
      name_bytes_ = typed_.bytes().size();
      since_name_ = 0;
      context.set_user(as_text(typed_.bytes()));
    } else {
      context.hide_user(typed_.bytes().size());
    }
    context.set_mechanism("login");
  } else if (input_ == Input::kPassword) {
    context.add_credential(context.facts.user, "login", SecretKind::kPlain, {}, typed_.bytes());
    line_size_ = 0;  // the prompt is answered
  }
  if (input_ != Input::kUser) named_ = false;
  ::explicit_bzero(typed_.space().data(), typed_.space().size());
  typed_.set_size(0);
  input_ = Input::kNone;
}

void TerminalLogin::finish(Context& context) {
  if (input_ == Input::kPassword && !typed_.bytes().empty()) end_of_line(context);
  // Whether the one line that was typed is a name or a password the side that is missing would
  // tell.
  if (!server_seen_ && blind_lines_ == 1) context.facts.undecidable = true;
}

}  // namespace capstan::audit
