// The rsync daemon (rsync's clientserver.c and authenticate.c): "@RSYNCD: AUTHREQD challenge" is
// answered with the name and a digest of password and challenge in base64.
#include "engine/audit/protocols/line_recogniser.h"
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

// An MD4, MD5, SHA-1, SHA-256 or SHA-512 digest in base64 without padding.
bool is_digest(std::string_view text) noexcept {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  if (text.size() != 22 && text.size() != 27 && text.size() != 43 && text.size() != 86)
    return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_alpha(c) || is_digit(c) || c == '+' || c == '/'; });
}

class Rsync final : public LineRecogniser {
 private:
  void on_line(Side side, Bytes line, Context& context) override {
    context.facts.clear_bytes[index_of(side)] = true;
    const std::string_view text = as_text(line);
    if (side == Side::kServer) {
      if (text.starts_with("@RSYNCD: AUTHREQD")) {
        asked_ = true;
      } else if (text.starts_with("@RSYNCD: OK")) {
        if (!seen_) context.facts.login_without_secret = true;
        context.finish();
      } else if (text.starts_with("@ERROR") || text.starts_with("@RSYNCD: EXIT")) {
        context.finish();
      }
      return;
    }
    if (text.starts_with("@RSYNCD:")) return;
    const std::size_t space = text.rfind(' ');
    const bool answer =
        space != std::string_view::npos && space != 0 && is_digest(text.substr(space + 1));
    if (answer) {
      seen_ = true;
      const Bytes digest = line.subspan(space + 1);
      context.add_credential(text.substr(0, space), "AUTHREQD", SecretKind::kHash, digest, digest);
      context.finish();
    } else if (asked_ && !text.empty()) {
      // Asked, and the answer is of another kind: nothing of it is known to be harmless.
      context.mark_secret(line);
      context.facts.opaque_login = true;
      context.finish();
    } else if (++lines_ > 4) {
      context.finish_side(side);
    }
  }

  bool asked_ = false;
  bool seen_ = false;
  int lines_ = 0;
};

}  // namespace

std::unique_ptr<Recogniser> make_rsync() { return std::make_unique<Rsync>(); }

}  // namespace capstan::audit
