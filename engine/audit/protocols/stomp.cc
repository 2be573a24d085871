// STOMP 1.0 to 1.2 (stomp.github.io/stomp-specification-1.2.html, "Connecting"): headers login and
// passcode of the frames CONNECT and STOMP.
#include <string>

#include "engine/audit/protocols/line_recogniser.h"
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

class Stomp final : public LineRecogniser {
 private:
  void on_line(Side side, Bytes line, Context& context) override {
    context.facts.clear_bytes[index_of(side)] = true;
    if (side == Side::kServer) {
      context.finish_side(side);
      return;
    }
    // A frame before this one ended with NUL.
    while (!line.empty() && line.front() == 0) line = line.subspan(1);
    const std::string_view text = as_text(line);
    if (!in_connect_) {
      if (text == "CONNECT" || text == "STOMP") {
        in_connect_ = true;
      } else if (!text.empty()) {
        context.finish();  // work: the login was before
      }
      return;
    }
    if (text.empty()) {  // the end of the headers
      if (!seen_) context.facts.login_without_secret = true;
      context.finish();
      return;
    }
    if (text.starts_with("login:")) {
      user_ = text.substr(6, 128);
      context.set_user(user_);
    } else if (text.starts_with("passcode:") && text.size() > 9) {
      const Bytes secret = line.subspan(9);
      seen_ = true;
      context.add_credential(user_, "CONNECT", SecretKind::kPlain, secret, secret);
    }
    // The name may stand behind the password.
    if (seen_ && text.starts_with("login:") && !context.facts.credentials.empty()) {
      context.facts.credentials.back().user = context.facts.user;
    }
  }

  std::string user_;
  bool in_connect_ = false;
  bool seen_ = false;
};

}  // namespace

std::unique_ptr<Recogniser> make_stomp() { return std::make_unique<Stomp>(); }

}  // namespace capstan::audit
