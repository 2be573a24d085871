// SMTP and submission: RFC 5321, RFC 4954 (AUTH), RFC 3207 (STARTTLS), RFC 3030 (BDAT); LMTP too.
#include <algorithm>

#include "engine/audit/protocols/line_recogniser.h"
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/sasl.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

class Smtp final : public LineRecogniser {
 private:
  void on_line(Side side, Bytes line, Context& context) override {
    context.facts.clear_bytes[index_of(side)] = true;
    if (side == Side::kServer) {
      server(as_text(line), context);
    } else if (in_data_) {
      // RFC 5321 section 4.1.1.4: the mail ends with a line that is one dot.
      if (as_text(line) == ".") {
        in_data_ = false;
        context.refresh_budget();
      }
    } else {
      client(as_text(line), context);
    }
  }

  void client(std::string_view text, Context& context) {
    if (sasl_.active() && !is_command(text)) {
      sasl_.client_base64(text, context);
      return;
    }
    sasl_.end();
    text = trim_left(text);
    const std::string_view word = take_word(text);
    data_due_ = false;
    ++answers_due_;
    if (equals_nocase(word, "AUTH")) {
      text = trim_left(text);
      const std::string_view mechanism = take_word(text);
      if (mechanism.empty()) return;
      sasl_.begin(mechanism, context);
      if (!trim(text).empty()) sasl_.client_base64(text, context);
    } else if (equals_nocase(trim(word), "STARTTLS")) {
      context.upgrade_requested();
    } else if (equals_nocase(trim(word), "DATA")) {
      in_data_ = true;  // taken back if the server refuses
      data_due_ = true;
    } else if (equals_nocase(word, "BDAT")) {
      bdat(text, context);
    }
  }

  // RFC 3030 section 2: BDAT SP chunk-size [SP LAST], then that many bytes.
  void bdat(std::string_view text, Context& context) {
    text = trim_left(text);
    std::uint64_t size = 0;
    std::size_t digits = 0;
    while (digits < text.size() && is_digit(text[digits]) && digits < 12) {
      size = size * 10 + static_cast<std::uint64_t>(text[digits++] - '0');
    }
    if (digits == 0 || digits == 12) return;
    chunk_ = size;
    context.refresh_budget();
  }

  std::uint64_t raw_pending(Side side) const override { return side == Side::kClient ? chunk_ : 0; }
  std::size_t on_raw(Side, Bytes bytes, bool, Context& context) override {
    // What is there is taken; what is to come need not be held.
    chunk_ -= bytes.size();
    context.skip(chunk_);
    chunk_ = 0;
    return bytes.size();
  }

  void server(std::string_view text, Context& context) {
    const int code = reply_code(text);
    if (code == 0) return;
    const std::string_view rest = text.size() > 4 ? trim(text.substr(4)) : std::string_view{};
    if (code == 334) {
      if (sasl_.active()) {
        sasl_.server_base64(rest);
      } else if (sasl_.begin_by_challenge(rest, context)) {
        ++answers_due_;  // met behind its AUTH
      }
      return;
    }
    if (code == 250 && starts_nocase(rest, "STARTTLS")) context.upgrade_offered();
    if (code == 250 && text.size() > 3 && text[3] == '-') context.facts.capabilities_seen = true;
    // What some middleboxes write over the keyword, so that the client does not know it.
    if (code == 250 && rest.starts_with("XXXXXXX"))
      context.facts.reasons |= reason::kUpgradeStripped;
    if (text.size() > 3 && text[3] == '-') return;  // more lines of this reply follow
    if (code == 220 && !greeted_) {
      greeted_ = true;
      if (answers_due_ == 0) return;
    }
    if (answers_due_ > 0) --answers_due_;
    if (answers_due_ == 0) sasl_.end();
    if (data_due_ && answers_due_ == 0 && code != 354) in_data_ = false;
    if (code >= 400 && context.upgrade_pending()) context.upgrade_refused();
  }

  static bool is_command(std::string_view text) noexcept {
    for (const std::string_view word :
         {"EHLO ", "HELO ", "MAIL FROM", "RCPT TO", "QUIT", "RSET", "NOOP", "AUTH ", "STARTTLS"}) {
      if (starts_nocase(text, word)) return true;
    }
    return false;
  }

  SaslExchange sasl_;
  std::uint64_t chunk_ = 0;
  int answers_due_ = 0;
  bool in_data_ = false;
  bool data_due_ = false;
  bool greeted_ = false;
};

}  // namespace

std::unique_ptr<Recogniser> make_smtp() { return std::make_unique<Smtp>(); }

}  // namespace capstan::audit
