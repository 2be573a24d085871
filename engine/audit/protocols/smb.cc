// SMB: [MS-CIFS], [MS-SMB] and [MS-SMB2] session setup, whose logins are NTLM or Kerberos; Kerberos
// itself (RFC 4120). Both are noted as challenge-response.
#include "engine/audit/protocols/ntlm.h"
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

constexpr std::size_t kSessionHeadBytes = 4;  // RFC 1002 section 4.3.1
constexpr std::uint8_t kSessionSetupAndX = 0x73;
constexpr std::size_t kMaxMessage = 12288;

class Smb final : public Recogniser {
 public:
  std::size_t consume(Side side, Bytes bytes, bool full, Context& context) override {
    std::size_t used = 0;
    while (used < bytes.size() && !context.leaving()) {
      const Bytes rest = bytes.subspan(used);
      if (rest.size() < kSessionHeadBytes) return used;
      const std::size_t length = load_be32(rest.data()) & 0x00ffffff;
      if (rest.size() < kSessionHeadBytes + length && !full && length <= kMaxMessage) return used;
      const Bytes message =
          rest.subspan(kSessionHeadBytes, std::min(length, rest.size() - kSessionHeadBytes));
      context.facts.clear_bytes[index_of(side)] = true;
      context.refresh_budget();
      if (side == Side::kClient) request(message, context);
      used += kSessionHeadBytes + message.size();
      if (message.size() < length) context.skip(length - message.size());
    }
    return used;
  }

 private:
  static void request(Bytes message, Context& context) {
    if (message.size() < 33) return;
    if (message[0] == 0xfd) {  // SMB2 TRANSFORM_HEADER: sealed
      context.facts.encrypted_other = true;
      context.finish();
      return;
    }
    const bool smb1 = message[0] == 0xff;
    const bool setup = smb1 ? message[4] == kSessionSetupAndX : load_le16(message.data() + 12) == 1;
    if (!setup) return;
    if (const auto ntlm = find_ntlm_authenticate(message)) {
      context.add_credential(ntlm->user, "NTLM", SecretKind::kHash, message,
                             message.first(std::min(ntlm->response_bytes, message.size())));
      return;
    }
    constexpr std::uint8_t kWordsWithoutSecurity = 13;  // [MS-CIFS] section 2.2.4.53.1
    if (smb1 && message[32] == kWordsWithoutSecurity && message.size() > 32 + 27 + 2) {
      const std::size_t oem = load_le16(message.data() + 33 + 14);
      const std::size_t unicode = load_le16(message.data() + 33 + 16);
      const Bytes data = message.subspan(33 + 26 + 2);
      const std::size_t secret = std::min(oem + unicode, data.size());
      if (oem + unicode <= 1 || secret == 0) return;
      const bool response = oem == 24 || unicode >= 24;
      context.add_credential({}, response ? Mechanism("LM/NTLM") : Mechanism("plaintext"),
                             response ? SecretKind::kHash : SecretKind::kPlain, data.first(secret),
                             data.first(secret));
    } else if (!contains_ntlmssp(message)) {
      context.set_mechanism("SPNEGO");
      context.facts.opaque_login = true;
    }
  }
};

// RFC 4120 section 5.4: an AS-REQ or TGS-REQ says that a login takes place, not with what.
class Kerberos final : public Recogniser {
 public:
  std::size_t consume(Side side, Bytes bytes, bool, Context& context) override {
    context.facts.clear_bytes[index_of(side)] = true;
    context.set_mechanism("Kerberos");
    context.facts.opaque_login = true;
    context.facts.reasons |= reason::kChallengeResponse;
    return bytes.size();
  }
};

}  // namespace

std::unique_ptr<Recogniser> make_smb() { return std::make_unique<Smb>(); }
std::unique_ptr<Recogniser> make_kerberos() { return std::make_unique<Kerberos>(); }

}  // namespace capstan::audit
