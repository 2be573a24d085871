// SNMP: RFC 1157 and RFC 1901 (community), RFC 3412 and RFC 3414 (version 3, USM).
#include "engine/audit/ber.h"
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

class Snmp final : public Recogniser {
 public:
  std::size_t consume(Side side, Bytes bytes, bool, Context& context) override {
    context.facts.clear_bytes[index_of(side)] = true;
    BerReader outer(bytes);
    if (const auto message = outer.next_cut()) read(BerReader(message->value), context);
    return bytes.size();
  }

 private:
  static void read(BerReader body, Context& context) {
    const auto version = body.next_unsigned();
    if (!version) return;
    if (*version == 0 || *version == 1) {
      if (const auto community = body.next(0x04)) {
        context.add_credential(
            {}, *version == 0 ? Mechanism("community v1") : Mechanism("community v2c"),
            SecretKind::kPlain, community->value, community->value);
      }
      return;
    }
    if (*version != 3) return;
    const auto global = body.next(0x30);
    const auto parameters = body.next(0x04);
    if (!global || !parameters) return;
    BerReader header(global->value);
    header.next();  // msgID
    header.next();  // msgMaxSize
    const auto flags = header.next(0x04);
    const auto model = header.next_unsigned();
    constexpr std::uint64_t kUsm = 3;
    if (!flags || flags->value.empty() || !model || *model != kUsm) return;
    BerReader usm(parameters->value);
    const auto sequence = usm.next(0x30);
    if (!sequence) return;
    user_security(BerReader(sequence->value), flags->value[0], context);
  }

  // RFC 3414 section 2.4: engine, boots, time, user, authentication and privacy parameters.
  static void user_security(BerReader fields, std::uint8_t flags, Context& context) {
    fields.next();
    fields.next();
    fields.next();
    const auto user = fields.next(0x04);
    const auto authentication = fields.next(0x04);
    if (!user || !authentication) return;
    if (!user->value.empty()) context.set_user(as_text(user->value));
    constexpr std::uint8_t kAuth = 1;
    constexpr std::uint8_t kPriv = 2;
    if ((flags & kPriv) != 0) {
      context.set_mechanism("USM v3 authPriv");
      context.facts.encrypted_other = true;
    } else if ((flags & kAuth) != 0 && !authentication->value.empty()) {
      context.add_credential(as_text(user->value), "USM v3 authNoPriv", SecretKind::kHash,
                             authentication->value, authentication->value);
    } else if (context.facts.mechanism.empty()) {
      context.set_mechanism("USM v3 noAuthNoPriv");
    }
  }
};

}  // namespace

std::unique_ptr<Recogniser> make_snmp() { return std::make_unique<Snmp>(); }

}  // namespace capstan::audit
