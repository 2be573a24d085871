// EAP (RFC 3748 sections 4 and 5) in 802.1X (IEEE 802.1X section 11) and PPP's own logins: PAP (RFC
// 1334 section 2), CHAP (RFC 1994 section 4), MS-CHAP (RFC 2433, RFC 2759).
#include "engine/audit/protocols/eap.h"

#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/text.h"
#include "engine/flow/protocol_numbers.h"

namespace capstan::audit {

void EapExchange::message(Bytes packet, Context& context) {
  if (packet.size() < 5) return;
  const std::size_t size = std::min<std::size_t>(load_be16(packet.data() + 2), packet.size());
  constexpr std::uint8_t kResponse = 2;
  if (packet[0] != kResponse || size < 5) return;
  const Bytes data = packet.subspan(5, size - 5);
  switch (packet[4]) {
    case 1:  // identity
      context.set_user(as_text(data));
      break;
    case 4: {  // MD5 challenge (section 5.4): size, value, name
      if (data.empty()) return;
      const Bytes value = data.subspan(1, std::min<std::size_t>(data[0], data.size() - 1));
      context.add_credential(context.facts.user, "EAP-MD5", SecretKind::kHash, value, value);
      break;
    }
    case 5:  // one-time password
    case 6:  // generic token card
      if (!data.empty()) {
        context.add_credential(context.facts.user,
                               packet[4] == 6 ? Mechanism("EAP-GTC") : Mechanism("EAP-OTP"),
                               SecretKind::kPlain, data, data);
      }
      break;
    case 17:  // LEAP
    case 26:  // MSCHAPv2
      if (data.size() > 8) {
        context.add_credential(context.facts.user,
                               packet[4] == 17 ? Mechanism("LEAP") : Mechanism("EAP-MSCHAPv2"),
                               SecretKind::kHash, data, data);
      }
      break;
    case 3:  // not this one
      break;
    default:  // TLS, TTLS, PEAP, SIM, AKA, PWD: nothing to be read
      context.mark_secret(data);
      context.facts.opaque_login = true;
      break;
  }
}

namespace {

// PPP from its protocol field on.
class PppLogin final : public Recogniser {
 public:
  std::size_t consume(Side side, Bytes bytes, bool, Context& context) override {
    context.facts.clear_bytes[index_of(side)] = true;
    if (bytes.size() < 6) return bytes.size();
    const std::uint16_t protocol = load_be16(bytes.data());
    const Bytes packet = bytes.subspan(2);
    const std::size_t size = std::min<std::size_t>(load_be16(packet.data() + 2), packet.size());
    if (size < 4) return bytes.size();
    const Bytes body = packet.subspan(4, size - 4);
    switch (protocol) {
      case ppp_protocol::kPap:
        if (packet[0] == 1) pap(body, context);
        break;
      case ppp_protocol::kChap:
        if (packet[0] == 2) chap(body, context);
        break;
      case ppp_protocol::kEap:
        eap_.message(packet, context);
        break;
      default:
        break;
    }
    return bytes.size();
  }

 private:
  static void pap(Bytes body, Context& context) {
    if (body.empty() || body.size() < 2U + body[0]) return;
    const std::size_t user_bytes = body[0];
    const std::size_t secret_bytes =
        std::min<std::size_t>(body[1 + user_bytes], body.size() - 2 - user_bytes);
    const Bytes secret = body.subspan(2 + user_bytes, secret_bytes);
    const std::string_view user = as_text(body.subspan(1, user_bytes));
    context.set_user(user);
    if (secret.empty()) return;
    context.add_credential(user, "PAP", SecretKind::kPlain, secret, secret);
  }

  static void chap(Bytes body, Context& context) {
    if (body.empty() || body.size() < 1U + body[0]) return;
    const Bytes value = body.subspan(1, body[0]);
    constexpr std::size_t kMicrosoftBytes = 49;
    context.add_credential(
        as_text(body.subspan(1 + value.size())),
        value.size() == kMicrosoftBytes ? Mechanism("MS-CHAP") : Mechanism("CHAP"),
        SecretKind::kHash, value, value);
  }

  EapExchange eap_;
};

class Eapol final : public Recogniser {
 public:
  std::size_t consume(Side side, Bytes bytes, bool, Context& context) override {
    context.facts.clear_bytes[index_of(side)] = true;
    constexpr std::uint8_t kEapPacket = 0;
    if (bytes.size() > 4 && bytes[1] == kEapPacket) eap_.message(bytes.subspan(4), context);
    return bytes.size();
  }

 private:
  EapExchange eap_;
};

}  // namespace

std::unique_ptr<Recogniser> make_ppp_login() { return std::make_unique<PppLogin>(); }
std::unique_ptr<Recogniser> make_eapol() { return std::make_unique<Eapol>(); }

}  // namespace capstan::audit
