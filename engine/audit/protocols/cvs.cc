// CVS pserver (CVS client/server protocol, section 3 "How to Connect to and Authenticate Oneself"):
// BEGIN AUTH REQUEST, root, name, scrambled password, END AUTH REQUEST. Scrambling exchanges
// letters by a table that is the same everywhere.
#include <string>

#include "engine/audit/protocols/line_recogniser.h"
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

class Cvs final : public LineRecogniser {
 private:
  void on_line(Side side, Bytes line, Context& context) override {
    context.facts.clear_bytes[index_of(side)] = true;
    if (side == Side::kServer) {
      context.finish_side(side);
      return;
    }
    const std::string_view text = as_text(line);
    switch (line_++) {
      case 0:
        if (text == "BEGIN GSSAPI REQUEST") context.facts.opaque_login = true;
        if (!text.ends_with("AUTH REQUEST") && !text.ends_with("VERIFICATION REQUEST")) {
          context.finish();
        }
        break;
      case 1:  // the repository's directory
        break;
      case 2:
        user_ = text.substr(0, 128);
        context.set_user(user_);
        break;
      default: {
        // One letter names the scrambling: "A".
        const Bytes secret = line.empty() ? line : line.subspan(1);
        if (!secret.empty()) {
          context.add_credential(user_, "pserver", SecretKind::kObfuscated, secret, secret);
        }
        context.finish();
        break;
      }
    }
  }

  std::string user_;
  int line_ = 0;
};

}  // namespace

std::unique_ptr<Recogniser> make_cvs() { return std::make_unique<Cvs>(); }

}  // namespace capstan::audit
