// RADIUS: RFC 2865 (User-Password section 5.2, CHAP-Password 5.3), RFC 2548 (MS-CHAP), RFC 3579
// (EAP).
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

constexpr std::size_t kHeadBytes = 20;
constexpr std::uint8_t kAccessRequest = 1;
constexpr std::uint8_t kUserName = 1;
constexpr std::uint8_t kUserPassword = 2;
constexpr std::uint8_t kChapPassword = 3;
constexpr std::uint8_t kVendorSpecific = 26;
constexpr std::uint8_t kEapMessage = 79;
constexpr std::uint32_t kMicrosoft = 311;

class Radius final : public Recogniser {
 public:
  std::size_t consume(Side side, Bytes bytes, bool, Context& context) override {
    context.facts.clear_bytes[index_of(side)] = true;
    if (bytes.size() < kHeadBytes || bytes[0] != kAccessRequest) {
      if (bytes.size() >= kHeadBytes && bytes[0] >= 4 && bytes[0] <= 5) accounting_ = true;
      if (!requests_ && !accounting_) context.facts.undecidable = true;
      return bytes.size();
    }
    requests_ = true;
    context.facts.undecidable = false;
    // The name may stand behind the secret: two passes.
    each(bytes, [&context](std::uint8_t type, Bytes value) {
      if (type == kUserName) context.set_user(as_text(value));
    });
    each(bytes, [&context](std::uint8_t type, Bytes value) { attribute(type, value, context); });
    return bytes.size();
  }

 private:
  template <typename Visit>
  static void each(Bytes bytes, Visit visit) {
    const std::size_t end = std::min<std::size_t>(bytes.size(), load_be16(bytes.data() + 2));
    for (std::size_t at = kHeadBytes; at + 2 <= end;) {
      const std::size_t length = bytes[at + 1];
      if (length < 2 || at + length > end) return;
      visit(bytes[at], bytes.subspan(at + 2, length - 2));
      at += length;
    }
  }

  static void attribute(std::uint8_t type, Bytes value, Context& context) {
    const std::string user = context.facts.user;
    if (type == kUserPassword && !value.empty()) {
      context.add_credential(user, "PAP", SecretKind::kObfuscated, value, value);
    } else if (type == kChapPassword && value.size() > 1) {
      context.add_credential(user, "CHAP", SecretKind::kHash, value.subspan(1), value.subspan(1));
    } else if (type == kVendorSpecific && value.size() > 6 &&
               load_be32(value.data()) == kMicrosoft) {
      // MS-CHAP-Response (1), MS-CHAP2-Response (25).
      if (value[4] == 1 || value[4] == 25) {
        context.add_credential(user, "MS-CHAP", SecretKind::kHash, value.subspan(6),
                               value.subspan(6));
      }
    } else if (type == kEapMessage && value.size() > 5) {
      eap(value, user, context);
    }
  }

  // RFC 3748 section 4: code 2 is a response; type 4 is MD5-Challenge, 26 MS-CHAPv2, 6 GTC.
  static void eap(Bytes value, std::string_view user, Context& context) {
    if (value[0] != 2) return;
    const Bytes data = value.subspan(5);
    switch (value[4]) {
      case 4:
        context.add_credential(user, "EAP-MD5", SecretKind::kHash, data, data);
        break;
      case 26:
        if (data.size() > 5 && data[0] == 2) {
          context.add_credential(user, "EAP-MSCHAPv2", SecretKind::kHash, data, data);
        }
        break;
      case 6:
        context.add_credential(user, "EAP-GTC", SecretKind::kPlain, data, data);
        break;
      case 1:  // identity
        context.set_mechanism("EAP");
        context.facts.undecidable = context.facts.credentials.empty();
        break;
      default:
        context.set_mechanism("EAP");
        context.facts.opaque_login = true;
        break;
    }
  }

  bool requests_ = false;
  bool accounting_ = false;
};

}  // namespace

std::unique_ptr<Recogniser> make_radius() { return std::make_unique<Radius>(); }

}  // namespace capstan::audit
