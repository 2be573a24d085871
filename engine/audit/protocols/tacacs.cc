// TACACS+ (RFC 8907 sections 4.1, 4.5, 5) and TACACS over UDP (RFC 1492 section 3).
//
// Obfuscation (section 4.5) is undone by whoever knows or guesses the shared key: the packet is a
// login whose secret is obfuscated.
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/signatures.h"
#include "engine/audit/protocols/unit_recogniser.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

constexpr std::size_t kTacacsHeaderBytes = 12;  // version, type, sequence, flags, session, length
constexpr std::uint8_t kAuthentication = 1;
constexpr std::uint32_t kMostTacacsBytes = 65536;

class Tacacs final : public UnitRecogniser {
 private:
  std::uint64_t unit_size(Side, Bytes bytes, const Context&) const override {
    if (bytes.size() < kTacacsHeaderBytes) return kMore;
    const std::uint32_t size = load_be32(bytes.data() + 8);
    return bytes[0] >> 4 != 0x0c || size > kMostTacacsBytes
               ? kLost
               : kTacacsHeaderBytes + std::uint64_t{size};
  }
  bool logins_come_late() const override { return true; }

  void on_unit(Side side, Bytes unit, Context& context) override {
    if (unit.size() <= kTacacsHeaderBytes || unit[1] != kAuthentication) return;
    const bool clear = (unit[3] & 1) != 0;
    const std::uint8_t sequence = unit[2];
    const Bytes body = unit.subspan(kTacacsHeaderBytes);
    if (!clear) {
      if (side == Side::kClient) {
        context.add_credential({}, "TACACS+", SecretKind::kObfuscated, body, body);
      }
      return;
    }
    if (side == Side::kServer) {
      reply(body);
    } else if (sequence == 1) {
      start(body, context);
    } else {
      go_on(body, context);
    }
  }

  // Section 5.1: action, privilege, type, service, four lengths, four fields.
  void start(Bytes body, Context& context) {
    if (body.size() < 8) return;
    const std::uint8_t type = body[2];
    const std::size_t user_bytes = body[4];
    const std::size_t before = 8U + body[4] + body[5] + body[6];
    if (body.size() < 8 + user_bytes) return;
    context.set_user(as_text(body.subspan(8, user_bytes)));
    if (body.size() <= before) return;
    const Bytes data = body.subspan(before, std::min<std::size_t>(body[7], body.size() - before));
    if (data.empty()) return;
    constexpr std::uint8_t kPap = 2;
    constexpr std::uint8_t kChap = 3;
    switch (type) {
      case kPap:
        context.add_credential(context.facts.user, "PAP", SecretKind::kPlain, data, data);
        break;
      case kChap:
      case 5:  // MS-CHAP versions 1 and 2
      case 6:
        context.add_credential(context.facts.user,
                               type == kChap ? Mechanism("CHAP") : Mechanism("MS-CHAP"),
                               SecretKind::kHash, data, data);
        break;
      default:
        context.mark_secret(data);
        break;
    }
  }

  // Section 5.2: GETUSER, GETPASS.
  void reply(Bytes body) noexcept {
    constexpr std::uint8_t kGetUser = 4;
    if (!body.empty()) asked_for_user_ = body[0] == kGetUser;
  }

  // Section 5.3: lengths of message and data, flags.
  void go_on(Bytes body, Context& context) {
    if (body.size() < 5) return;
    const std::size_t size = std::min<std::size_t>(load_be16(body.data()), body.size() - 5);
    const Bytes message = body.subspan(5, size);
    if (message.empty()) return;
    // Without the server's question: the first answer is the name if none was given.
    const bool is_user = asked_for_user_ || context.facts.user.empty();
    asked_for_user_ = false;
    if (is_user) {
      context.set_user(as_text(message));
      return;
    }
    context.add_credential(context.facts.user, "ASCII", SecretKind::kPlain, message, message);
  }

  bool asked_for_user_ = false;
};

// RFC 1492: version, type, nonce, the lengths of name and password; extended: 18 bytes more.
class TacacsUdp final : public Recogniser {
 public:
  std::size_t consume(Side side, Bytes bytes, bool, Context& context) override {
    context.facts.clear_bytes[index_of(side)] = true;
    if (side == Side::kServer || bytes.size() < 6) return bytes.size();
    constexpr std::uint8_t kExtended = 0x80;
    const std::size_t head = bytes[0] == kExtended ? 26 : 6;
    const std::size_t user_bytes = bytes[4];
    const std::size_t secret_bytes = bytes[5];
    if (bytes.size() < head + user_bytes + secret_bytes || secret_bytes == 0) return bytes.size();
    const Bytes secret = bytes.subspan(head + user_bytes, secret_bytes);
    context.add_credential(as_text(bytes.subspan(head, user_bytes)), "TACACS", SecretKind::kPlain,
                           secret, secret);
    return bytes.size();
  }
};

}  // namespace

Match tacacs_signature(Bytes bytes) noexcept {
  if (bytes.empty() || bytes[0] >> 4 != 0x0c || (bytes[0] & 0x0f) > 1) return Match::kNo;
  if (bytes.size() < kTacacsHeaderBytes) {
    return bytes.size() >= 4 && bytes[1] >= 1 && bytes[1] <= 3 && bytes[2] <= 2 && bytes[3] <= 5
               ? Match::kMaybe
               : Match::kNo;
  }
  const std::uint32_t size = load_be32(bytes.data() + 8);
  // Type 1 to 3, an odd sequence number from the client, flags: unencrypted, single connection.
  return bytes[1] >= 1 && bytes[1] <= 3 && bytes[2] != 0 && (bytes[3] & 0xfa) == 0 && size >= 5 &&
                 size <= 4096
             ? Match::kYes
             : Match::kNo;
}

std::unique_ptr<Recogniser> make_tacacs() { return std::make_unique<Tacacs>(); }
std::unique_ptr<Recogniser> make_tacacs_udp() { return std::make_unique<TacacsUdp>(); }

}  // namespace capstan::audit
