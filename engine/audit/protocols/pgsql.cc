// PostgreSQL: frontend/backend protocol 3 (postgresql.org, "Message Flow" and "Message Formats").
#include <utility>

#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/sasl.h"
#include "engine/audit/protocols/unit_recogniser.h"
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

class Pgsql final : public UnitRecogniser {
 public:
  void on_gap(Side, Context& context) override { context.finish(); }

 protected:
  // A type in one byte, which the first message of a client has not; the length, of itself too.
  std::uint64_t unit_size(Side side, Bytes bytes, const Context&) const override {
    if (side == Side::kServer && is_short_answer(bytes[0])) return 1;
    const std::size_t head = has_type(side) ? 5 : 4;
    if (bytes.size() < head) return kMore;
    const std::uint32_t length = load_be32(bytes.data() + head - 4);
    if (length < 4 || length > kMaxMessage) {
      return is_old_refusal(side, bytes[0]) ? bytes.size() : kLost;
    }
    return head - 4 + length;
  }
  void on_unit(Side side, Bytes unit, Context& context) override {
    if (side == Side::kClient) {
      client(unit, context);
    } else {
      server(unit, context);
    }
  }
  std::size_t wanted_bytes() const override { return kMaxMessage + 1; }

 private:
  enum class Answer : std::uint8_t { kNone, kSsl, kGss };

  bool has_type(Side side) const noexcept { return side == Side::kServer || started_; }

  // The error message of a server from before encryption: that of protocol 2 has no length, only a
  // text and its NUL.
  bool is_old_refusal(Side side, std::uint8_t byte) const noexcept {
    return side == Side::kServer && answer_due_ != Answer::kNone && byte == 'E';
  }

  // To a request for encryption: one byte, S or G for yes, N for no. An E begins an error message
  // of an older server.
  bool is_short_answer(std::uint8_t byte) const noexcept {
    if (answer_due_ == Answer::kNone) return false;
    return byte == 'N' || byte == (answer_due_ == Answer::kSsl ? 'S' : 'G');
  }

  void client(Bytes bytes, Context& context) {
    const Bytes body = bytes.subspan(started_ ? 5 : 4);
    if (!started_) {
      startup(body, context);
    } else if (bytes[0] == 'p') {
      password(body, context);
    } else if (bytes[0] == 'Q' || bytes[0] == 'P') {
      context.finish();  // a query: the login is over
    }
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

  void server(Bytes bytes, Context& context) {
    const bool is_answer = is_short_answer(bytes[0]);
    const Answer due = std::exchange(answer_due_, Answer::kNone);
    if (due == Answer::kSsl && (bytes[0] == 'N' || bytes[0] == 'E')) context.upgrade_refused();
    if (is_answer && bytes[0] == 'G') {
      context.facts.encrypted_other = true;
      context.finish();
    }
    if (!is_answer && bytes[0] == 'R' && bytes.size() >= 9) authentication(bytes, context);
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

  SaslExchange sasl_;
  Asked asked_ = Asked::kUnknown;
  Answer answer_due_ = Answer::kNone;
  bool started_ = false;
};

}  // namespace

std::unique_ptr<Recogniser> make_pgsql() { return std::make_unique<Pgsql>(); }

}  // namespace capstan::audit
