// MQTT: 3.1, 3.1.1 (OASIS mqtt-v3.1.1 section 3.1) and 5.0 (mqtt-v5.0 section 3.1): CONNECT.
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

// Reads a variable byte integer (section 1.5.5 of version 5). False when it is not whole.
bool take_varint(Bytes& bytes, std::size_t& value) noexcept {
  value = 0;
  for (std::size_t i = 0; i < 4 && i < bytes.size(); ++i) {
    value |= static_cast<std::size_t>(bytes[i] & 0x7f) << (7 * i);
    if ((bytes[i] & 0x80) == 0) {
      bytes = bytes.subspan(i + 1);
      return true;
    }
  }
  return false;
}

// Two bytes of length, then as many bytes.
Bytes take_field(Bytes& bytes) noexcept {
  if (bytes.size() < 2) {
    bytes = {};
    return {};
  }
  const std::size_t length = std::min<std::size_t>(load_be16(bytes.data()), bytes.size() - 2);
  const Bytes field = bytes.subspan(2, length);
  bytes = bytes.subspan(2 + length);
  return field;
}

class Mqtt final : public Recogniser {
 public:
  std::size_t consume(Side side, Bytes bytes, bool full, Context& context) override {
    context.facts.clear_bytes[index_of(side)] = true;
    if (side == Side::kServer) {
      context.finish_side(side);
      return bytes.size();
    }
    Bytes rest = bytes.subspan(1);
    std::size_t length = 0;
    if (!take_varint(rest, length)) return full || bytes.size() >= 5 ? bytes.size() : 0;
    constexpr std::uint8_t kConnect = 0x10;
    if (bytes[0] != kConnect) {
      context.finish();  // mid-stream: the login was before
      return bytes.size();
    }
    if (rest.size() < length && !full) return 0;
    connect(rest.first(std::min(length, rest.size())), context);
    context.finish();
    return bytes.size();
  }
  void on_end(Side side, Bytes rest, Context& context) override {
    if (side == Side::kClient && rest.size() > 2) consume(side, rest, true, context);
  }

 private:
  static void connect(Bytes body, Context& context) {
    take_field(body);  // "MQTT" or "MQIsdp"
    if (body.size() < 4) return;
    const std::uint8_t level = body[0];
    const std::uint8_t flags = body[1];
    body = body.subspan(4);
    if (level >= 5 && properties(body)) context.set_mechanism("enhanced-auth");
    take_field(body);  // client identifier
    if ((flags & 0x04) != 0) {
      if (level >= 5) properties(body);
      take_field(body);
      take_field(body);
    }
    if ((flags & 0x80) != 0) context.set_user(as_text(take_field(body)));
    if ((flags & 0x40) != 0) {
      const Bytes secret = take_field(body);
      context.add_credential(context.facts.user, "CONNECT", SecretKind::kPlain, secret, secret);
    }
  }

  // Takes the properties off; true when they name an authentication method (0x15).
  static bool properties(Bytes& body) noexcept {
    std::size_t length = 0;
    if (!take_varint(body, length)) return false;
    const Bytes all = body.first(std::min(length, body.size()));
    body = body.subspan(all.size());
    // Session expiry (0x11) and its kin stand in any order; the method is looked for by its tag and
    // a plausible length.
    for (std::size_t i = 0; i + 3 <= all.size(); ++i) {
      if (all[i] == 0x15 && load_be16(all.data() + i + 1) <= all.size() - i - 3) return true;
    }
    return false;
  }
};

}  // namespace

std::unique_ptr<Recogniser> make_mqtt() { return std::make_unique<Mqtt>(); }

}  // namespace capstan::audit
