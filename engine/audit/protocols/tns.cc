// Oracle: Transparent Network Substrate packets, and in them the session key exchange of Net8's
// two-task interface (functions 0x76 and 0x73). No specification is public; what is read here are
// the frames and the names of the fields, which the protocol sends as text (as tshark's and nmap's
// descriptions have them): AUTH_SESSKEY and AUTH_PASSWORD are a challenge-response.
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/signatures.h"
#include "engine/audit/protocols/unit_recogniser.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

constexpr std::size_t kTnsHeaderBytes = 8;
constexpr std::uint8_t kConnect = 1;
constexpr std::uint8_t kData = 6;
constexpr std::uint8_t kMostType = 20;

bool is_name(std::uint8_t byte) noexcept {
  return is_alpha(static_cast<char>(byte)) || is_digit(static_cast<char>(byte)) || byte == '_' ||
         byte == '$' || byte == '#' || byte == '.' || byte == '-' || byte == '@';
}

class Tns final : public UnitRecogniser {
 private:
  // The length has two bytes; since version 315, in data packets, four.
  std::uint64_t unit_size(Side, Bytes bytes, const Context&) const override {
    if (bytes.size() < kTnsHeaderBytes) return kMore;
    if (bytes[4] == 0 || bytes[4] > kMostType) return kLost;
    const std::size_t shorter = load_be16(bytes.data());
    const std::size_t size = shorter != 0 ? shorter : load_be32(bytes.data());
    return size < kTnsHeaderBytes ? kLost : size;
  }

  void on_unit(Side side, Bytes unit, Context& context) override {
    if (side != Side::kClient || unit.size() < kTnsHeaderBytes + 4 || unit[4] != kData) return;
    const Bytes body = unit.subspan(kTnsHeaderBytes + 2);
    constexpr std::uint8_t kCall = 0x03;
    constexpr std::uint8_t kSessionKey = 0x76;
    constexpr std::uint8_t kAuthenticate = 0x73;
    // Piggy-backed calls (0x11) may stand in front.
    for (std::size_t at = 0; at + 2 <= body.size() && at < 64; ++at) {
      if (body[at] != kCall) continue;
      if (body[at + 1] == kSessionKey) find_user(body.subspan(at + 2), context);
      if (body[at + 1] == kAuthenticate) find_password(body.subspan(at + 2), context);
      if (body[at + 1] == kSessionKey || body[at + 1] == kAuthenticate) return;
    }
  }

  // In front of the first AUTH_ field: the name, behind its length.
  static void find_user(Bytes body, Context& context) {
    const std::size_t fields = std::min(as_text(body).find("AUTH_"), body.size());
    for (std::size_t at = 0; at < fields; ++at) {
      const std::size_t size = body[at];
      if (size == 0 || size > 64 || at + 1 + size > fields) continue;
      const Bytes name = body.subspan(at + 1, size);
      if (std::all_of(name.begin(), name.end(), is_name) && (size > 1 || at + 2 + size >= fields)) {
        context.set_user(as_text(name));
        return;
      }
    }
  }

  static void find_password(Bytes body, Context& context) {
    find_user(body, context);
    const std::string_view text = as_text(body);
    constexpr std::string_view kField = "AUTH_PASSWORD";
    const std::size_t at = text.find(kField);
    if (at == std::string_view::npos) {
      context.facts.opaque_login = true;
      return;
    }
    // Lengths, then hexadecimal digits.
    std::size_t begin = at + kField.size();
    const auto is_hex = [&text](std::size_t i) {
      return i < text.size() &&
             (is_digit(text[i]) || (lower(text[i]) >= 'a' && lower(text[i]) <= 'f'));
    };
    while (begin < text.size() &&
           !(is_hex(begin) && is_hex(begin + 1) && is_hex(begin + 2) && is_hex(begin + 3))) {
      ++begin;
    }
    std::size_t end = begin;
    while (is_hex(end)) ++end;
    const Bytes value = body.subspan(begin, end - begin);
    if (value.empty()) return;
    context.add_credential(context.facts.user, "O5LOGON", SecretKind::kHash, value, value);
    context.finish();
  }
};

}  // namespace

Match tns_client(Bytes bytes) noexcept {
  if (bytes.size() < kTnsHeaderBytes) return Match::kNo;
  const std::size_t size = load_be16(bytes.data());
  if (bytes[2] != 0 || bytes[3] != 0 || bytes[5] > 0x40 || bytes[6] != 0 || bytes[7] != 0) {
    return Match::kNo;
  }
  if (bytes[4] == kConnect && size >= 34 && size <= 4096) {
    if (bytes.size() < 12) return Match::kMaybe;
    // The version and the one it is compatible with: 300 to 330 so far.
    const unsigned version = load_be16(bytes.data() + 8);
    const unsigned compatible = load_be16(bytes.data() + 10);
    return version >= 200 && version < 400 && compatible >= 100 && compatible <= version
               ? Match::kYes
               : Match::kNo;
  }
  // Met in the midst: a data packet with the fields of a login.
  if (bytes[4] != kData) return Match::kNo;
  const std::string_view text = as_text(bytes.first(std::min<std::size_t>(bytes.size(), 2048)));
  return text.find("AUTH_SESSKEY") != std::string_view::npos ||
                 text.find("AUTH_PASSWORD") != std::string_view::npos ||
                 text.find("AUTH_TERMINAL") != std::string_view::npos
             ? Match::kYes
             : Match::kNo;
}

std::unique_ptr<Recogniser> make_tns() { return std::make_unique<Tns>(); }

}  // namespace capstan::audit
