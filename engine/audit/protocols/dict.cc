// DICT (RFC 2229 sections 3.11 and 3.12): AUTH with an MD5 digest, and SASL.
#include "engine/audit/protocols/line_recogniser.h"
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/sasl.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

class Dict final : public LineRecogniser {
 private:
  void on_line(Side side, Bytes line, Context& context) override {
    context.facts.clear_bytes[index_of(side)] = true;
    std::string_view text = trim(as_text(line));
    if (side == Side::kServer) {
      const int code = reply_code(text);
      if (code == 230 || code == 531 || code == 532) sasl_.end();
      if (code == 330) sasl_.server_base64(text.substr(std::min<std::size_t>(4, text.size())));
      return;
    }
    const std::string_view word = take_word(text);
    if (equals_nocase(word, "AUTH")) {
      const std::string_view user = take_word(text);
      text = trim(text);
      if (text.empty()) return;
      context.add_credential(user, "AUTH", SecretKind::kHash, as_bytes(text), as_bytes(text));
    } else if (equals_nocase(word, "SASLAUTH")) {
      sasl_.begin(take_word(text), context);
      if (!trim(text).empty()) sasl_.client_base64(text, context);
    } else if (equals_nocase(word, "SASLRESP")) {
      sasl_.client_base64(text, context);
    }
  }

  SaslExchange sasl_;
};

}  // namespace

std::unique_ptr<Recogniser> make_dict() { return std::make_unique<Dict>(); }

}  // namespace capstan::audit
