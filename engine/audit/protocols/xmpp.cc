// XMPP: RFC 6120 (streams, STARTTLS section 5, SASL section 6), XEP-0078 (jabber:iq:auth),
// XEP-0388.
#include <string.h>

#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/sasl.h"
#include "engine/audit/protocols/unit_recogniser.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

// The value of an attribute in a tag's text. Empty when it is not there.
std::string_view attribute(std::string_view tag, std::string_view name) noexcept {
  std::size_t at = 0;
  while ((at = tag.find(name, at)) != std::string_view::npos) {
    const std::size_t begin = at;
    at += name.size();
    if (begin == 0 || !(is_space(tag[begin - 1]) || tag[begin - 1] == '\n')) continue;
    if (at + 1 >= tag.size() || tag[at] != '=') continue;
    const char quote = tag[at + 1];
    if (quote != '"' && quote != '\'') continue;
    const std::size_t end = tag.find(quote, at + 2);
    return end == std::string_view::npos ? std::string_view{} : tag.substr(at + 2, end - at - 2);
  }
  return {};
}

class Xmpp final : public UnitRecogniser {
 public:
  void on_end(Side side, Bytes rest, Context& context) override {
    if (!rest.empty() && rest[0] != '<') text(side, rest, context);
  }
  void on_gap(Side side, Context&) override { expect_[index_of(side)] = Expect::kNothing; }

 protected:
  // A tag ("<...>"), or the text up to the next tag.
  std::uint64_t unit_size(Side, Bytes bytes, const Context&) const override {
    const bool is_tag = bytes[0] == '<';
    const void* end = ::memchr(bytes.data(), is_tag ? '>' : '<', bytes.size());
    if (end == nullptr) return bytes.size() < kLongBytes ? kMore : bytes.size();
    const auto length = static_cast<const std::uint8_t*>(end) - bytes.data();
    return static_cast<std::uint64_t>(length) + (is_tag ? 1U : 0U);
  }
  void on_unit(Side side, Bytes unit, Context& context) override {
    if (unit[0] != '<') {
      text(side, unit, context);
    } else if (unit.back() == '>') {
      tag(side, as_text(unit.subspan(1, unit.size() - 2)), context);
    }
  }
  std::size_t wanted_bytes() const override { return 1U << 20; }

 private:
  // What has no end by then is taken as it is.
  static constexpr std::size_t kLongBytes = 12288;

  enum class Expect : std::uint8_t { kNothing, kSasl, kUser, kPassword, kDigest };

  void tag(Side side, std::string_view tag, Context& context) {
    Expect& expect = expect_[index_of(side)];
    expect = Expect::kNothing;
    if (tag.empty() || tag.front() == '/' || tag.front() == '?' || tag.front() == '!') return;
    std::string_view name = tag.substr(0, tag.find_first_of(" \t\r\n/"));
    if (const std::size_t colon = name.find(':'); colon != std::string_view::npos) {
      name.remove_prefix(colon + 1);
    }
    if (side == Side::kServer) {
      if (name == "features") context.facts.capabilities_seen = true;
      if (name == "starttls") context.upgrade_offered();
      // RFC 6120 section 5.4.2.2: the answer to <starttls/> alone; SASL's <failure/> has its own
      // namespace.
      if (name == "failure" && contains_nocase(tag, "xmpp-tls")) context.upgrade_refused();
      if (name == "success" || name == "failure") sasl_.end();
      if (name == "challenge") expect = Expect::kSasl;
      return;
    }
    if (name == "starttls") {
      context.upgrade_requested();
    } else if (name == "auth" || name == "authenticate") {
      const std::string_view mechanism = attribute(tag, "mechanism");
      if (mechanism.empty()) return;
      sasl_.begin(mechanism, context);
      if (name == "auth") expect = Expect::kSasl;
    } else if (name == "response" || name == "initial-response") {
      expect = Expect::kSasl;
    } else if (name == "query" && contains_nocase(tag, "jabber:iq:auth")) {
      legacy_ = true;
    } else if (name == "query") {
      legacy_ = contains_nocase(tag, "jabber:iq:register");
    } else if (legacy_ && name == "username") {
      expect = Expect::kUser;
    } else if (legacy_ && name == "password") {
      expect = Expect::kPassword;
    } else if (legacy_ && name == "digest") {
      expect = Expect::kDigest;
    }
  }

  void text(Side side, Bytes bytes, Context& context) {
    const std::string_view value = trim(as_text(bytes));
    if (value.empty()) return;
    switch (expect_[index_of(side)]) {
      case Expect::kNothing:
        break;
      case Expect::kSasl:
        if (side == Side::kClient) {
          sasl_.client_base64(value, context);
        } else {
          sasl_.server_base64(value);
        }
        break;
      case Expect::kUser:
        context.set_user(value);
        break;
      case Expect::kPassword:
        context.add_credential(context.facts.user, "jabber:iq:auth", SecretKind::kPlain,
                               as_bytes(value), as_bytes(value));
        break;
      case Expect::kDigest:
        context.add_credential(context.facts.user, "jabber:iq:auth digest", SecretKind::kHash,
                               as_bytes(value), as_bytes(value));
        break;
    }
    expect_[index_of(side)] = Expect::kNothing;
  }

  SaslExchange sasl_;
  std::array<Expect, 2> expect_{};
  bool legacy_ = false;  // inside a query that may carry a password
};

}  // namespace

std::unique_ptr<Recogniser> make_xmpp() { return std::make_unique<Xmpp>(); }

}  // namespace capstan::audit
