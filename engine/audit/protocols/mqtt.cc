// MQTT: 3.1, 3.1.1 (OASIS mqtt-v3.1.1 section 3.1) and 5.0 (mqtt-v5.0 section 3.1): CONNECT.
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/sasl.h"
#include "engine/audit/protocols/unit_recogniser.h"
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

class Mqtt final : public ClientUnitRecogniser {
 protected:
  // Type and flags, the length as a variable byte integer, the packet.
  std::uint64_t client_unit_size(Bytes bytes) const override {
    if (!is_login(bytes[0])) return bytes.size();
    Bytes rest = bytes.subspan(1);
    std::size_t length = 0;
    if (!take_varint(rest, length)) return bytes.size() >= 5 ? kLost : kMore;
    return bytes.size() - rest.size() + length;
  }
  void on_client_unit(Bytes unit, Context& context) override {
    Bytes body = unit.subspan(1);
    std::size_t length = 0;
    if (unit[0] == kConnect && take_varint(body, length)) connect(body, context);
    if (unit[0] == kAuth && sasl_.active() && take_varint(body, length)) auth(body, context);
    // Without an exchange to follow all there is to learn is learnt; what is no login comes behind
    // it, or from its middle on.
    if (!sasl_.active() || !is_login(unit[0])) context.finish();
  }
  void on_lost(Side, Context& context) override { context.finish(); }
  // A will may come in front of the password.
  std::size_t wanted_bytes() const override { return 1U << 20; }

 private:
  static constexpr std::uint8_t kConnect = 0x10;
  static constexpr std::uint8_t kAuth = 0xf0;
  static constexpr std::uint8_t kMethod = 0x15;  // properties (section 2.2.2.2)
  static constexpr std::uint8_t kData = 0x16;

  bool is_login(std::uint8_t type) const noexcept {
    return type == kConnect || (type == kAuth && sasl_.active());
  }

  void connect(Bytes body, Context& context) {
    take_field(body);  // "MQTT" or "MQIsdp"
    if (body.size() < 4) return;
    const std::uint8_t level = body[0];
    const std::uint8_t flags = body[1];
    body = body.subspan(4);
    if (level >= 5) properties(body, context);
    take_field(body);  // client identifier
    if ((flags & 0x04) != 0) {
      if (level >= 5) properties(body, context, true);
      take_field(body);
      take_field(body);
    }
    if ((flags & 0x80) != 0) context.set_user(as_text(take_field(body)));
    if ((flags & 0x40) != 0) {
      const Bytes secret = take_field(body);
      context.add_credential(context.facts.user, "CONNECT", SecretKind::kPlain, secret, secret);
    }
  }

  // AUTH (section 3.15): a reason code, then the properties.
  void auth(Bytes body, Context& context) {
    if (body.empty()) return;
    body = body.subspan(1);
    properties(body, context);
  }

  // Takes the properties off: enhanced authentication (section 4.12) is SASL, method and data as
  // they are.
  void properties(Bytes& body, Context& context, bool of_will = false) {
    std::size_t length = 0;
    if (!take_varint(body, length)) return;
    Bytes all = body.first(std::min(length, body.size()));
    body = body.subspan(all.size());
    while (!of_will && !all.empty()) {
      const std::uint8_t identifier = all[0];
      all = all.subspan(1);
      if (identifier == kMethod) {
        const Bytes method = take_field(all);
        if (!sasl_.active()) sasl_.begin(as_text(method), context);
      } else if (identifier == kData) {
        const Bytes data = take_field(all);
        if (!data.empty()) sasl_.client_message(data, data, context);
      } else if (!skip_property(identifier, all)) {
        return;
      }
    }
  }

  // The sizes of section 2.2.2.2, table 2-4.
  static bool skip_property(std::uint8_t identifier, Bytes& bytes) noexcept {
    std::size_t size = 0;
    switch (identifier) {
      case 0x01:
      case 0x17:
      case 0x19:
      case 0x24:
      case 0x25:
      case 0x28:
      case 0x29:
      case 0x2a:
        size = 1;
        break;
      case 0x13:
      case 0x21:
      case 0x22:
      case 0x23:
        size = 2;
        break;
      case 0x02:
      case 0x11:
      case 0x18:
      case 0x27:
        size = 4;
        break;
      case 0x0b: {
        std::size_t value = 0;
        return take_varint(bytes, value);
      }
      case 0x26:  // a pair of strings
        take_field(bytes);
        take_field(bytes);
        return true;
      case 0x03:
      case 0x08:
      case 0x09:
      case 0x12:
      case 0x1a:
      case 0x1c:
      case 0x1f:
        take_field(bytes);
        return true;
      default:
        return false;
    }
    if (bytes.size() < size) return false;
    bytes = bytes.subspan(size);
    return true;
  }

  SaslExchange sasl_;
};

}  // namespace

std::unique_ptr<Recogniser> make_mqtt() { return std::make_unique<Mqtt>(); }

}  // namespace capstan::audit
