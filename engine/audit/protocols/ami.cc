// Asterisk Manager Interface (docs.asterisk.org, "AMI v2 Specification"): actions of header lines;
// Login with Username and Secret, or with AuthType MD5 and Key.
#include <string>

#include "engine/audit/protocols/line_recogniser.h"
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

class Ami final : public LineRecogniser {
 private:
  void on_line(Side side, Bytes line, Context& context) override {
    context.facts.clear_bytes[index_of(side)] = true;
    if (side == Side::kServer) {
      context.finish_side(side);
      return;
    }
    const std::string_view text = as_text(line);
    if (text.empty()) {
      if (logged_in_) context.finish();
      return;
    }
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return;
    const std::string_view name = trim(text.substr(0, colon));
    const std::string_view value = trim(text.substr(colon + 1));
    if (equals_nocase(name, "Action")) {
      logged_in_ = equals_nocase(value, "Login");
    } else if (equals_nocase(name, "Username")) {
      user_ = value.substr(0, 128);
      context.set_user(user_);
      name_it(context);
    } else if (equals_nocase(name, "Secret") && !value.empty()) {
      context.add_credential(user_, "Login", SecretKind::kPlain, as_bytes(value), as_bytes(value));
    } else if (equals_nocase(name, "Key") && !value.empty()) {
      context.add_credential(user_, "Login MD5", SecretKind::kHash, as_bytes(value),
                             as_bytes(value));
    }
  }

  // Headers come in any order.
  static void name_it(Context& context) {
    auto& credentials = context.facts.credentials;
    if (!credentials.empty() && credentials.back().user.empty()) {
      credentials.back().user = context.facts.user;
    }
  }

  std::string user_;
  bool logged_in_ = false;
};

}  // namespace

std::unique_ptr<Recogniser> make_ami() { return std::make_unique<Ami>(); }

}  // namespace capstan::audit
