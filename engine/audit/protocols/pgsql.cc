// PostgreSQL: frontend/backend protocol 3 (postgresql.org, "Message Flow" and "Message Formats").
#include "engine/audit/protocols/line_recogniser.h"
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/sasl.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

constexpr std::uint32_t kSslRequest = 80877103;
constexpr std::uint32_t kGssRequest = 80877104;
constexpr std::uint32_t kCancelRequest = 80877102;
constexpr std::uint32_t kMaxMessage = 12288;

// What the server asked for in its Authentication message.
enum class Asked : std::uint32_t {
  kOk = 0,
  kCleartext = 3,
  kMd5 = 5,
  kGss = 7,
  kGssContinue = 8,
  kSspi = 9,
  kSasl = 10,
  kSaslContinue = 11,
  kSaslFinal = 12,
  kUnknown = 0xffff,
};

class Pgsql final : public Recogniser {
 public:
  std::size_t consume(Side side, Bytes bytes, bool full, Context& context) override {
    std::size_t used = 0;
    while (used < bytes.size() && !context.leaving()) {
      const Bytes rest = bytes.subspan(used);
      if (context.facts.upgrade >= Upgrade::kRequested) {
        if (starts_tls(rest)) {
          context.become_tls();
          return used;
        }
        if (may_start_tls(rest) && !full) return used;
      }
      const std::size_t taken =
          side == Side::kClient ? client(rest, full, context) : server(rest, full, context);
      if (taken == 0) return used;
      context.facts.clear_bytes[index_of(side)] = true;
      used += taken;
    }
    return used;
  }
  void on_gap(Side, Context& context) override { context.finish(); }

 private:
  std::size_t client(Bytes bytes, bool full, Context& context) {
    const bool typed = started_;
    const std::size_t head = typed ? 5 : 4;
    if (bytes.size() < head) return 0;
    const std::uint32_t length = load_be32(bytes.data() + head - 4);
    if (length < 4 || length > kMaxMessage) {
      context.finish_side(Side::kClient);
      return bytes.size();
    }
    const std::size_t total = head - 4 + length;
    if (bytes.size() < total && !full) return 0;
    const Bytes body = bytes.subspan(head, std::min(total, bytes.size()) - head);
    if (!typed) {
      startup(body, context);
    } else if (bytes[0] == 'p') {
      password(body, context);
    } else if (bytes[0] == 'Q' || bytes[0] == 'P') {
      context.finish();  // a query: the login is over
    }
    return std::min(total, bytes.size());
  }

  void startup(Bytes body, Context& context) {
    if (body.size() < 4) return;
    const std::uint32_t code = load_be32(body.data());
    if (code == kSslRequest) {
      context.upgrade_requested();
      answer_due_ = Answer::kSsl;
    } else if (code == kGssRequest) {
      answer_due_ = Answer::kGss;
      context.facts.undecidable = true;
    } else if (code == kCancelRequest) {
      context.facts.undecidable = true;
      context.finish();
    } else {
      started_ = true;
      context.facts.undecidable = false;
      parameters(as_text(body.subspan(4)), context);
    }
  }

  static void parameters(std::string_view text, Context& context) {
    while (!text.empty()) {
      const std::size_t name_end = text.find('\0');
      if (name_end == std::string_view::npos || name_end == 0) return;
      const std::string_view name = text.substr(0, name_end);
      text.remove_prefix(name_end + 1);
      const std::size_t value_end = std::min(text.find('\0'), text.size());
      if (name == "user") context.set_user(text.substr(0, value_end));
      text.remove_prefix(std::min(value_end + 1, text.size()));
    }
  }

  void password(Bytes body, Context& context) {
    std::string_view text = as_text(body);
    Asked asked = asked_;
    if (asked == Asked::kUnknown || asked == Asked::kOk) asked = guess(text);
    switch (asked) {
      case Asked::kMd5:
      case Asked::kCleartext: {
        const std::string_view secret = text.substr(0, text.find('\0'));
        const bool md5 = asked == Asked::kMd5;
        if (!secret.empty()) {
          context.add_credential(context.facts.user, md5 ? Mechanism("md5") : Mechanism("password"),
                                 md5 ? SecretKind::kHash : SecretKind::kPlain, as_bytes(secret),
                                 as_bytes(secret));
        }
        break;
      }
      case Asked::kSasl: {  // SASLInitialResponse: mechanism, length, message
        const std::size_t end = text.find('\0');
        if (end == std::string_view::npos) return;
        const std::string user = context.facts.user;
        sasl_.begin(text.substr(0, end), context);
        const Bytes message = body.subspan(std::min(end + 5, body.size()));
        sasl_.client_message(message, message, context);
        context.set_user(user);  // SCRAM's own name is left empty here
        break;
      }
      case Asked::kSaslContinue: {
        if (!sasl_.active()) sasl_.begin("SCRAM-SHA-256", context);
        sasl_.client_message(body, body, context);
        break;
      }
      default:
        context.mark_secret(body);
        context.facts.opaque_login = true;
        break;
    }
  }

  // Without the server's side the message itself tells.
  static Asked guess(std::string_view text) noexcept {
    if (text.starts_with("md5") && text.size() >= 35) return Asked::kMd5;
    if (text.starts_with("SCRAM-")) return Asked::kSasl;
    if (text.starts_with("c=")) return Asked::kSaslContinue;
    return Asked::kCleartext;
  }

  std::size_t server(Bytes bytes, bool full, Context& context) {
    if (answer_due_ != Answer::kNone) {
      const Answer due = answer_due_;
      // One byte: S or G for yes, N for no; an E begins an error message of an older server.
      if (bytes[0] == 'N' || bytes[0] == 'E') {
        answer_due_ = Answer::kNone;
        if (due == Answer::kSsl) context.upgrade_refused();
        if (bytes[0] == 'N') return 1;
      } else if (bytes[0] == 'S' && due == Answer::kSsl) {
        answer_due_ = Answer::kNone;
        return 1;
      } else if (bytes[0] == 'G' && due == Answer::kGss) {
        context.facts.encrypted_other = true;
        context.finish();
        return 1;
      }
      answer_due_ = Answer::kNone;
    }
    if (bytes.size() < 5) return 0;
    const std::uint32_t length = load_be32(bytes.data() + 1);
    if (length < 4 || length > kMaxMessage) {
      context.finish_side(Side::kServer);
      return bytes.size();
    }
    const std::size_t total = 1 + std::size_t{length};
    if (bytes.size() < total && !full) return 0;
    if (bytes[0] == 'R' && length >= 8 && bytes.size() >= 9) authentication(bytes, context);
    return std::min(total, bytes.size());
  }

  void authentication(Bytes bytes, Context& context) {
    asked_ = static_cast<Asked>(load_be32(bytes.data() + 5));
    context.facts.undecidable = false;
    switch (asked_) {
      case Asked::kOk:
        if (context.facts.mechanism.empty()) {
          context.set_mechanism("trust");
          context.facts.login_without_secret = true;
        }
        break;
      case Asked::kCleartext:
        context.set_mechanism("password");
        break;
      case Asked::kMd5:
        context.set_mechanism("md5");
        break;
      case Asked::kSasl:
        context.set_mechanism(contains_nocase(as_text(bytes), "SCRAM-SHA-256")
                                  ? Mechanism("SCRAM-SHA-256")
                                  : Mechanism("SASL"));
        break;
      case Asked::kGss:
      case Asked::kSspi:
        context.set_mechanism("gss");
        break;
      default:
        break;
    }
  }

  enum class Answer : std::uint8_t { kNone, kSsl, kGss };
  SaslExchange sasl_;
  Asked asked_ = Asked::kUnknown;
  Answer answer_due_ = Answer::kNone;
  bool started_ = false;
};

}  // namespace

std::unique_ptr<Recogniser> make_pgsql() { return std::make_unique<Pgsql>(); }

}  // namespace capstan::audit
