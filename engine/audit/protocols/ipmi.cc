// IPMI over RMCP (IPMI 2.0 specification revision 1.1, sections 13.6, 13.8, 13.20 to 13.23, 22.16):
// the straight password of version 1.5, its MD5 and MD2 digests, and RAKP of version 2.0, whose
// second message shows a digest under the user's password to whoever asks.
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/signatures.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

constexpr std::size_t kRmcpBytes = 4;  // version 6, reserved, sequence, class 7

class Ipmi final : public Recogniser {
 public:
  std::size_t consume(Side side, Bytes bytes, bool, Context& context) override {
    context.facts.clear_bytes[index_of(side)] = true;
    if (bytes.size() < kRmcpBytes + 10) return bytes.size();
    const Bytes session = bytes.subspan(kRmcpBytes);
    constexpr std::uint8_t kVersion2 = 0x06;
    if (session[0] == kVersion2) {
      version_2(side, session, context);
    } else {
      version_1(side, session, context);
    }
    return bytes.size();
  }

 private:
  // Authentication type, sequence, session, a code of 16 bytes unless the type is none, a length.
  static void version_1(Side side, Bytes session, Context& context) {
    enum Type : std::uint8_t { kNone = 0, kMd2 = 1, kMd5 = 2, kStraight = 4 };
    const std::uint8_t type = session[0];
    constexpr std::size_t kCodeAt = 9;
    constexpr std::size_t kCodeBytes = 16;
    if (type == kNone) {
      challenge(session.subspan(kCodeAt), context);
      return;
    }
    if (session.size() < kCodeAt + kCodeBytes + 1 || side != Side::kClient) return;
    Bytes code = session.subspan(kCodeAt, kCodeBytes);
    const Bytes where = code;
    if (type == kStraight) {
      while (!code.empty() && code.back() == 0) code = code.first(code.size() - 1);
      if (code.empty()) return;
      context.add_credential(context.facts.user, "straight", SecretKind::kPlain, where, code);
    } else if (type == kMd2 || type == kMd5) {
      context.add_credential(context.facts.user, type == kMd5 ? Mechanism("MD5") : Mechanism("MD2"),
                             SecretKind::kHash, where, code);
    }
  }

  // Get Session Challenge (network function 6, command 0x39) names the user.
  static void challenge(Bytes rest, Context& context) {
    constexpr std::uint8_t kGetSessionChallenge = 0x39;
    // Length, responder, function, checksum, requester, sequence, command, type, name.
    if (rest.size() < 8 + 16 || rest[2] >> 2 != 6 || rest[6] != kGetSessionChallenge) return;
    const std::string_view name = as_text(rest.subspan(8, 16));
    context.set_user(name.substr(0, name.find('\0')));
  }

  static void version_2(Side side, Bytes session, Context& context) {
    enum Payload : std::uint8_t { kRakp1 = 0x12, kRakp2 = 0x13, kRakp3 = 0x14 };
    constexpr std::size_t kHeaderBytes = 12;  // type, payload type, session, sequence, length
    if (session.size() < kHeaderBytes) return;
    const std::uint8_t payload = session[1] & 0x3f;
    const Bytes body = session.subspan(kHeaderBytes);
    if (payload == kRakp1 && side == Side::kClient && body.size() > 28) {
      const std::size_t size = std::min<std::size_t>(body[27], body.size() - 28);
      context.set_user(as_text(body.subspan(28, size)));
    } else if (payload == kRakp2 && side == Side::kServer && body.size() > 40 && body[1] == 0) {
      const Bytes code = body.subspan(40);
      context.add_credential(context.facts.user, "RAKP", SecretKind::kHash, code, code);
    } else if (payload == kRakp3 && side == Side::kClient && body.size() > 8) {
      const Bytes code = body.subspan(8);
      context.add_credential(context.facts.user, "RAKP", SecretKind::kHash, code, code);
    } else if ((session[1] & 0x80) != 0) {
      context.facts.encrypted_other = true;
    }
  }
};

}  // namespace

std::unique_ptr<Recogniser> make_ipmi() { return std::make_unique<Ipmi>(); }

}  // namespace capstan::audit
