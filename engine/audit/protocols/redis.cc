// Redis: RESP arrays and inline commands (redis.io, "Redis serialization protocol"); AUTH and
// HELLO.
#include <string.h>

#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/unit_recogniser.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

class Redis final : public ClientUnitRecogniser {
 public:
  void on_end(Side side, Bytes rest, Context& context) override {
    if (side == Side::kClient && !rest.empty()) on_client_unit(rest, context);
  }
  void on_gap(Side, Context&) override {
    bulk_pending_ = false;
    arguments_left_ = 0;
  }

 protected:
  // A line, or a bulk string and its CRLF.
  std::uint64_t client_unit_size(Bytes bytes) const override {
    if (bulk_pending_) return bulk_bytes_ + 2;
    const void* newline = ::memchr(bytes.data(), '\n', bytes.size());
    if (newline == nullptr) return bytes.size() < wanted_bytes() ? kMore : bytes.size();
    return static_cast<std::uint64_t>(static_cast<const std::uint8_t*>(newline) - bytes.data()) + 1;
  }
  // A value that tells nothing is passed over, not waited for: kept waiting, its bytes would count
  // against what is read of this side.
  std::size_t wanted_bytes() const override { return bulk_pending_ && !wants_bulk() ? 1 : 8192; }
  void on_client_unit(Bytes unit, Context& context) override {
    if (bulk_pending_) {
      bulk(unit, context);
      return;
    }
    while (!unit.empty() && (unit.back() == '\n' || unit.back() == '\r')) {
      unit = unit.first(unit.size() - 1);
    }
    line(as_text(unit), context);
  }

 private:
  enum class Command : std::uint8_t {
    kUnknown,
    kOther,
    kAuth,
    kHello,
    kConfig,   // CONFIG SET requirepass ...
    kAcl,      // ACL SETUSER name >password
    kMigrate,  // MIGRATE ... AUTH password, AUTH2 user password
  };
  static constexpr std::uint64_t kMaxArgument = 4096;

  static std::uint64_t number(std::string_view text) noexcept {
    std::uint64_t value = 0;
    for (const char c : text.substr(0, 12)) {
      if (!is_digit(c)) break;
      value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return value;
  }

  void line(std::string_view text, Context& context) {
    if (text.starts_with('*')) {
      arguments_left_ = number(text.substr(1));
      begin(context);
    } else if (text.starts_with('$') && arguments_left_ > 0) {
      bulk_bytes_ = number(text.substr(1));
      bulk_pending_ = true;
    } else if (arguments_left_ == 0) {
      inline_command(trim_left(text), context);
    }
  }

  void begin(Context& context) {
    command_ = Command::kUnknown;
    index_ = 0;
    auth_at_ = 0;
    user_.clear();
    context.refresh_budget();
  }

  bool wants_bulk() const noexcept {
    return bulk_bytes_ <= kMaxArgument && command_ != Command::kOther;
  }

  // A bulk string, whole or its front.
  void bulk(Bytes bytes, Context& context) {
    if (wants_bulk()) {
      const auto size = static_cast<std::size_t>(bulk_bytes_);
      argument(bytes.first(std::min(size, bytes.size())), arguments_left_ == 1, context);
    } else {
      context.refresh_budget();  // a command of many values hides none that follows it
    }
    bulk_pending_ = false;
    ++index_;
    if (arguments_left_ > 0) --arguments_left_;
  }

  void argument(Bytes value, bool last, Context& context) {
    const std::string_view text = as_text(value);
    if (index_ == 0) {
      command_ = equals_nocase(text, "AUTH")      ? Command::kAuth
                 : equals_nocase(text, "HELLO")   ? Command::kHello
                 : equals_nocase(text, "CONFIG")  ? Command::kConfig
                 : equals_nocase(text, "ACL")     ? Command::kAcl
                 : equals_nocase(text, "MIGRATE") ? Command::kMigrate
                                                  : Command::kOther;
      return;
    }
    if (command_ == Command::kAuth) {
      // AUTH password, or AUTH user password (Redis 6).
      if (last) {
        secret(value, context);
      } else {
        user_.assign(text.substr(0, SessionFacts::kMaxUserBytes));
      }
    } else if (command_ == Command::kHello) {
      // HELLO 3 AUTH user password SETNAME name
      if (auth_at_ == 0 && equals_nocase(text, "AUTH")) {
        auth_at_ = index_;
      } else if (auth_at_ != 0 && index_ == auth_at_ + 1) {
        user_.assign(text.substr(0, SessionFacts::kMaxUserBytes));
      } else if (auth_at_ != 0 && index_ == auth_at_ + 2) {
        secret(value, context);
      }
    } else {
      setting(value, context);
    }
  }

  // Passwords that are set, or handed on to another server (redis.io, "CONFIG SET", "ACL SETUSER",
  // "MIGRATE"): who listens has them.
  void setting(Bytes value, Context& context) {
    const std::string_view text = as_text(value);
    if (command_ == Command::kAcl) {
      if (index_ == 2) user_.assign(text.substr(0, SessionFacts::kMaxUserBytes));
      if (index_ > 2 && text.size() > 1 && (text.front() == '>' || text.front() == '<')) {
        secret(value.subspan(1), context, "ACL SETUSER");
      }
      return;
    }
    if (auth_at_ != 0 && index_ == auth_at_) {
      secret(value, context,
             command_ == Command::kConfig ? Mechanism("CONFIG SET") : Mechanism("MIGRATE"));
      auth_at_ = 0;
      return;
    }
    if (command_ == Command::kConfig) {
      const bool password = equals_nocase(text, "requirepass") ||
                            equals_nocase(text, "masterauth") ||
                            equals_nocase(text, "tls-key-file-pass");
      if (password) auth_at_ = index_ + 1;
    } else if (equals_nocase(text, "AUTH") || equals_nocase(text, "AUTH2")) {
      auth_at_ = index_ + static_cast<std::uint32_t>(text.size() - 3);  // behind the user, if any
    }
  }

  void inline_command(std::string_view text, Context& context) {
    begin(context);
    const std::string_view word = take_word(text);
    if (!equals_nocase(word, "AUTH") && !equals_nocase(word, "HELLO")) return;
    std::string_view first = trim(text);
    if (equals_nocase(word, "HELLO")) {
      const std::size_t at = find_nocase(first, "AUTH ");
      if (at == std::string_view::npos) return;
      first = trim(first.substr(at + 5));
    }
    std::string_view second = first;
    const std::string_view user = take_word(second);
    second = trim(second);
    if (const std::size_t space = second.find(' '); space != std::string_view::npos) {
      second = second.substr(0, space);
    }
    if (first.empty()) return;
    if (second.empty()) {
      secret(as_bytes(unquoted(user)), context);
    } else {
      user_.assign(user.substr(0, SessionFacts::kMaxUserBytes));
      secret(as_bytes(unquoted(second)), context);
    }
  }
  static std::string_view unquoted(std::string_view text) noexcept {
    const bool quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
                        text.back() == text.front();
    return quoted ? text.substr(1, text.size() - 2) : text;
  }

  void secret(Bytes value, Context& context, Mechanism mechanism = "AUTH") {
    if (value.empty()) return;
    context.add_credential(user_, mechanism, SecretKind::kPlain, value, value);
  }

  std::string user_;
  std::uint64_t arguments_left_ = 0;
  std::uint64_t bulk_bytes_ = 0;
  std::uint32_t index_ = 0;    // of the argument
  std::uint32_t auth_at_ = 0;  // where HELLO says AUTH
  Command command_ = Command::kUnknown;
  bool bulk_pending_ = false;
};

}  // namespace

std::unique_ptr<Recogniser> make_redis() { return std::make_unique<Redis>(); }

}  // namespace capstan::audit
