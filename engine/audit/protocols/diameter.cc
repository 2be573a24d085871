// Diameter (RFC 6733 sections 3 and 4; RFC 7155: NASREQ's User-Password; RFC 4072: EAP; RFC 3588
// section 13.1: TLS asked for by Inband-Security-Id), over TCP or SCTP.
#include "engine/audit/protocols/eap.h"
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/signatures.h"
#include "engine/audit/protocols/unit_recogniser.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

constexpr std::size_t kDiameterHeaderBytes = 20;
constexpr std::uint32_t kMostDiameterBytes = 1U << 20;
constexpr int kMostDepth = 4;

enum Attribute : std::uint32_t {
  kUserName = 1,
  kUserPassword = 2,
  kChapPassword = 3,
  kInbandSecurity = 299,
  kChapAuth = 402,
  kChapResponse = 405,
  kEapPayload = 462,
};

std::uint32_t load_be24(const std::uint8_t* p) noexcept {
  return std::uint32_t{p[0]} << 16 | std::uint32_t{p[1]} << 8 | p[2];
}

class Diameter final : public UnitRecogniser {
 private:
  std::uint64_t unit_size(Side, Bytes bytes, const Context&) const override {
    if (bytes.size() < 4) return kMore;
    const std::uint32_t size = load_be24(bytes.data() + 1);
    return bytes[0] != 1 || size < kDiameterHeaderBytes || size > kMostDiameterBytes ? kLost : size;
  }
  bool logins_come_late() const override { return true; }

  // Either peer may ask the other.
  void on_unit(Side, Bytes unit, Context& context) override {
    if (unit.size() < kDiameterHeaderBytes) return;
    const bool request = (unit[4] & 0x80) != 0;
    const std::uint32_t command = load_be24(unit.data() + 5);
    constexpr std::uint32_t kCapabilities = 257;
    attributes(unit.subspan(kDiameterHeaderBytes), request, command == kCapabilities, 0, context);
  }

  void attributes(Bytes rest, bool request, bool capabilities, int depth, Context& context) {
    while (rest.size() >= 8) {
      const std::uint32_t code = load_be32(rest.data());
      const bool has_vendor = (rest[4] & 0x80) != 0;
      const std::size_t size = load_be24(rest.data() + 5);
      const std::size_t head = has_vendor ? 12 : 8;
      if (size < head || size > rest.size()) return;
      const Bytes value = rest.subspan(head, size - head);
      if (!has_vendor) attribute(code, value, request, capabilities, depth, context);
      rest = rest.subspan(std::min((size + 3) & ~std::size_t{3}, rest.size()));
    }
  }

  void attribute(std::uint32_t code, Bytes value, bool request, bool capabilities, int depth,
                 Context& context) {
    switch (code) {
      case kUserName:
        context.set_user(as_text(value));
        break;
      case kUserPassword:
        if (!value.empty()) {
          context.add_credential(context.facts.user, "User-Password", SecretKind::kPlain, value,
                                 value);
        }
        break;
      case kChapAuth:
        if (depth < kMostDepth) attributes(value, request, capabilities, depth + 1, context);
        break;
      case kChapPassword:
      case kChapResponse:
        if (!value.empty()) {
          context.add_credential(context.facts.user, "CHAP", SecretKind::kHash, value, value);
        }
        break;
      case kEapPayload:
        eap_.message(value, context);
        break;
      case kInbandSecurity: {
        constexpr std::uint32_t kTls = 1;
        if (!capabilities || value.size() != 4 || load_be32(value.data()) != kTls) break;
        if (request) {
          context.upgrade_requested();
        } else {
          context.upgrade_offered();
        }
        break;
      }
      default:
        break;
    }
  }

  EapExchange eap_;
};

}  // namespace

Match diameter_signature(Bytes bytes) noexcept {
  if (bytes.empty() || bytes[0] != 1) return Match::kNo;
  if (bytes.size() < kDiameterHeaderBytes) {
    return bytes.size() >= 8 && bytes[1] == 0 && load_be24(bytes.data() + 1) % 4 == 0 &&
                   (bytes[4] & 0x0f) == 0 && bytes[5] == 0
               ? Match::kMaybe
               : Match::kNo;
  }
  const std::uint32_t size = load_be24(bytes.data() + 1);
  const std::uint32_t command = load_be24(bytes.data() + 5);
  // Lengths are whole words; the lower flags are reserved; commands are below 2^23
  // (section 11.2.1).
  if (size < kDiameterHeaderBytes || size > kMostDiameterBytes || size % 4 != 0 ||
      (bytes[4] & 0x0f) != 0) {
    return Match::kNo;
  }
  const bool base = (command >= 257 && command <= 329) || (command >= 8388608 && command < 8388800);
  if (!base) return Match::kNo;
  if (bytes.size() < kDiameterHeaderBytes + 8 || size == kDiameterHeaderBytes) return Match::kYes;
  const std::uint32_t first = load_be24(bytes.data() + kDiameterHeaderBytes + 5);
  return first >= 8 && first <= size - kDiameterHeaderBytes ? Match::kYes : Match::kNo;
}

std::unique_ptr<Recogniser> make_diameter() { return std::make_unique<Diameter>(); }

}  // namespace capstan::audit
