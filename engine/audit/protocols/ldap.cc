// LDAP and CLDAP: RFC 4511 (bind, section 4.2; StartTLS, section 4.14), RFC 4513; Microsoft's
// Sicily bind ([MS-ADTS] section 5.1.1.1.3).
#include "engine/audit/ber.h"
#include "engine/audit/protocols/ntlm.h"
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/sasl.h"
#include "engine/audit/protocols/unit_recogniser.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

constexpr std::uint8_t kSequence = 0x30;
constexpr std::uint8_t kOctetString = 0x04;
constexpr std::uint8_t kEnumerated = 0x0a;
constexpr std::uint8_t kBindRequest = 0x60;
constexpr std::uint8_t kBindResponse = 0x61;
constexpr std::uint8_t kExtendedRequest = 0x77;
constexpr std::uint8_t kExtendedResponse = 0x78;
constexpr std::string_view kStartTlsOid = "1.3.6.1.4.1.1466.20037";
constexpr std::string_view kPasswordModifyOid = "1.3.6.1.4.1.4203.1.11.1";  // RFC 3062

class Ldap final : public UnitRecogniser {
 public:
  // A message that begins behind the gap is read again.
  void on_gap(Side, Context&) override {}

 protected:
  std::uint64_t unit_size(Side, Bytes bytes, const Context&) const override {
    const BerReader::Head head = BerReader::read_head(bytes);
    if (!head.complete) return kMore;
    // A SASL security layer (RFC 4511 section 4.2, "sasl"), or not LDAP any more.
    if (bytes[0] != kSequence || !head.valid) return kLost;
    return head.head_bytes + head.length;
  }
  void on_unit(Side side, Bytes unit, Context& context) override {
    message(side, unit.subspan(BerReader::read_head(unit).head_bytes), context);
  }
  std::size_t wanted_bytes() const override { return 12288; }
  bool logins_come_late() const override { return true; }

 private:
  void message(Side side, Bytes bytes, Context& context) {
    BerReader reader(bytes);
    if (!reader.next_unsigned()) return;
    const auto operation = reader.next_cut();
    if (!operation) return;
    BerReader body(operation->value);
    if (side == Side::kClient) {
      if (operation->tag == kBindRequest) bind(body, context);
      if (operation->tag == kExtendedRequest) extended(body, context);
    } else if (operation->tag == kBindResponse) {
      constexpr std::uint64_t kSaslBindInProgress = 14;
      const auto result = body.next_unsigned(kEnumerated);
      if (result && *result != kSaslBindInProgress) sasl_.end();
    } else if (operation->tag == kExtendedResponse && context.upgrade_pending()) {
      const auto result = body.next_unsigned(kEnumerated);
      if (result && *result != 0) context.upgrade_refused();
    }
  }

  void bind(BerReader& body, Context& context) {
    if (!body.next_unsigned()) return;
    const auto name = body.next(kOctetString);
    if (!name) return;
    const auto choice = body.next_cut();
    if (!choice) return;
    const std::string_view user = as_text(name->value);
    switch (choice->tag) {
      case 0x80:  // simple (RFC 4513 section 5.1): empty means anonymous or unauthenticated
        sasl_.end();
        if (!user.empty()) context.set_user(user);
        if (choice->value.empty()) {
          context.set_mechanism("anonymous");
        } else {
          context.add_credential(user, "simple", SecretKind::kPlain, choice->value, choice->value);
        }
        break;
      case 0xa3:
        if (!user.empty()) context.set_user(user);
        sasl_bind(BerReader(choice->value), context);
        break;
      case 0x8b:  // Sicily response
      case 0x8a:  // Sicily negotiate
        if (const auto ntlm = find_ntlm_authenticate(choice->value)) {
          context.add_credential(
              ntlm->user, "sicily", SecretKind::kHash, choice->value,
              choice->value.first(std::min(ntlm->response_bytes, choice->value.size())));
        }
        break;
      default:
        break;
    }
  }

  void sasl_bind(BerReader body, Context& context) {
    const auto mechanism = body.next(kOctetString);
    if (!mechanism) return;
    if (!sasl_.active()) sasl_.begin(as_text(mechanism->value), context);
    if (const auto credentials = body.next_cut()) {
      sasl_.client_message(credentials->value, credentials->value, context);
    }
  }

  static void extended(BerReader& body, Context& context) {
    const auto name = body.next(0x80);
    if (!name) return;
    if (as_text(name->value) == kStartTlsOid) context.upgrade_requested();
    if (as_text(name->value) == kPasswordModifyOid) {
      if (const auto value = body.next_cut()) context.mark_secret(value->value);
    }
  }

  SaslExchange sasl_;
};

}  // namespace

std::unique_ptr<Recogniser> make_ldap() { return std::make_unique<Ldap>(); }

}  // namespace capstan::audit
