// AMQP 0-9-1 (amqp.org, "Advanced Message Queuing Protocol, Protocol Specification, Version 0-9-1"
// sections 2.2.4, 2.3.5, 4.2) and 1.0 (OASIS amqp-core-transport-v1.0, amqp-core-security-v1.0
// section 5.3): the SASL exchange that opens a connection.
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/sasl.h"
#include "engine/audit/protocols/signatures.h"
#include "engine/audit/protocols/unit_recogniser.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

constexpr std::size_t kAmqpHeaderBytes = 8;
constexpr std::uint8_t kFrameEnd = 0xce;

Bytes take(Bytes& bytes, std::size_t size) noexcept {
  const Bytes taken = bytes.first(std::min(size, bytes.size()));
  bytes = bytes.subspan(taken.size());
  return taken;
}
Bytes take_short_string(Bytes& bytes) noexcept {
  const Bytes size = take(bytes, 1);
  return size.empty() ? size : take(bytes, size[0]);
}
Bytes take_long_string(Bytes& bytes) noexcept {
  const Bytes size = take(bytes, 4);
  return size.size() < 4 ? Bytes{} : take(bytes, load_be32(size.data()));
}
// A binary, string or symbol of version 1.0 (section 1.6 of amqp-core-types): one byte of length
// or four. Null and what is none of these give nothing.
Bytes take_variable(Bytes& bytes) noexcept {
  const Bytes code = take(bytes, 1);
  if (code.empty()) return {};
  switch (code[0]) {
    case 0xa0:
    case 0xa1:
    case 0xa3:
      return take_short_string(bytes);
    case 0xb0:
    case 0xb1:
    case 0xb3:
      return take_long_string(bytes);
    default:
      return {};
  }
}

// The descriptor in front of a described value (sections 1.2 and 1.6.10 of amqp-core-types): a
// small ulong, a ulong, or its name as a symbol. 0: none that begins a SASL exchange.
std::uint8_t take_descriptor(Bytes& bytes) noexcept {
  const Bytes front = take(bytes, 2);
  if (front.size() < 2 || front[0] != 0) return 0;
  constexpr std::uint8_t kSmallUlong = 0x53;
  constexpr std::uint8_t kUlong = 0x80;
  if (front[1] == kSmallUlong || front[1] == kUlong) {
    const Bytes number = take(bytes, front[1] == kUlong ? 8 : 1);
    return number.empty() ? std::uint8_t{0} : number.back();
  }
  constexpr std::uint8_t kSymbol8 = 0xa3;
  constexpr std::uint8_t kSymbol32 = 0xb3;
  if (front[1] != kSymbol8 && front[1] != kSymbol32) return 0;
  const std::string_view name =
      as_text(front[1] == kSymbol8 ? take_short_string(bytes) : take_long_string(bytes));
  if (name == "amqp:sasl-init:list") return 0x41;
  return name == "amqp:sasl-response:list" ? std::uint8_t{0x43} : std::uint8_t{0};
}

class Amqp final : public UnitRecogniser {
 private:
  bool is_header(Bytes bytes) const noexcept { return begins_with(bytes, "AMQP") == Match::kYes; }

  std::uint64_t unit_size(Side, Bytes bytes, const Context&) const override {
    if (begins_with(bytes, "AMQP") == Match::kMaybe) return kMore;
    if (is_header(bytes)) return bytes.size() < kAmqpHeaderBytes ? kMore : kAmqpHeaderBytes;
    if (version_1_) {
      if (bytes.size() < 4) return kMore;
      const std::uint32_t size = load_be32(bytes.data());
      return size < 8 ? kLost : size;
    }
    if (bytes.size() < 7) return kMore;
    // Type 1 to 3 or a heartbeat (8; RabbitMQ), channel, size, payload, end.
    if (bytes[0] == 0 || bytes[0] > 8) return kLost;
    return std::uint64_t{7} + load_be32(bytes.data() + 3) + 1;
  }

  bool tls_may_begin(Side, const Context& context) const override {
    return context.facts.upgrade >= Upgrade::kRequested;
  }

  void on_unit(Side side, Bytes unit, Context& context) override {
    if (is_header(unit) && unit.size() >= kAmqpHeaderBytes) {
      // Protocol id, major, minor, revision: 0-9-1 is 0 0 9 1; 1.0 is id 1 0 0.
      constexpr std::uint8_t kTlsId = 2;
      version_1_ = unit[5] == 1 && unit[6] == 0;
      if (version_1_ && unit[4] == kTlsId && side == Side::kClient) context.upgrade_requested();
      if (!version_1_ && unit[4] == 1 && unit[7] == 10) {
        context.facts.undecidable = true;  // 0-10, which has frames of its own
        context.finish();
      }
      return;
    }
    if (version_1_) {
      frame_1(side, unit, context);
    } else {
      frame_0(side, unit, context);
    }
  }

  void frame_0(Side side, Bytes unit, Context& context) {
    constexpr std::uint8_t kMethod = 1;
    if (unit[0] != kMethod || unit.size() < 7 + 4 + 1) return;
    Bytes rest = unit.subspan(7);
    if (rest.back() == kFrameEnd) rest = rest.first(rest.size() - 1);
    const std::uint32_t method = load_be32(rest.data());
    rest = rest.subspan(4);
    constexpr std::uint32_t kStartOk = 10U << 16 | 11;
    constexpr std::uint32_t kSecureOk = 10U << 16 | 21;
    constexpr std::uint32_t kTuneOk = 10U << 16 | 31;
    if (side != Side::kClient) return;
    if (method == kStartOk) {
      take_long_string(rest);  // the client's properties, a table
      const std::string_view mechanism = as_text(take_short_string(rest));
      const Bytes response = take_long_string(rest);
      if (mechanism == "AMQPLAIN") {
        amqplain(response, context);
        return;
      }
      context.facts.undecidable = true;  // until the exchange shows what it is
      sasl_.begin(mechanism, context);
      sasl_.client_message(response, response, context);
    } else if (method == kSecureOk) {
      const Bytes response = take_long_string(rest);
      sasl_.client_message(response, response, context);
    } else if (method == kTuneOk) {
      context.finish();  // the login is over
    }
  }

  // RabbitMQ's: a table whose fields LOGIN and PASSWORD are long strings.
  static void amqplain(Bytes table, Context& context) {
    std::string_view user;
    Bytes password;
    while (!table.empty()) {
      const std::string_view name = as_text(take_short_string(table));
      const Bytes type = take(table, 1);
      if (type.empty() || type[0] != 'S') break;
      const Bytes value = take_long_string(table);
      if (equals_nocase(name, "LOGIN")) user = as_text(value);
      if (equals_nocase(name, "PASSWORD")) password = value;
    }
    if (!password.empty()) {
      context.add_credential(user, "AMQPLAIN", SecretKind::kPlain, password, password);
    }
  }

  // size, data offset in words, type, channel; a described list (section 5.3.3).
  void frame_1(Side side, Bytes unit, Context& context) {
    constexpr std::uint8_t kSasl = 1;
    if (unit.size() < 8 || side != Side::kClient) return;
    if (unit[5] != kSasl) {
      if (unit[5] == 0 && !sasl_.active()) context.facts.login_without_secret = true;
      context.finish();  // AMQP itself: the login is over
      return;
    }
    const std::size_t head = unit[4] * 4U;
    if (head > unit.size()) return;
    Bytes rest = unit.subspan(head);
    const std::uint8_t what = take_descriptor(rest);
    const Bytes code = take(rest, 1);
    const std::uint8_t list = code.empty() ? 0 : code[0];
    constexpr std::uint8_t kList8 = 0xc0;
    constexpr std::uint8_t kList32 = 0xd0;
    if (list != kList8 && list != kList32) return;
    take(rest, list == kList8 ? 2 : 8);
    constexpr std::uint8_t kInit = 0x41;
    constexpr std::uint8_t kResponse = 0x43;
    if (what == kInit) {
      sasl_.begin(as_text(take_variable(rest)), context);
      const Bytes response = take_variable(rest);
      if (!response.empty()) sasl_.client_message(response, response, context);
    } else if (what == kResponse) {
      const Bytes response = take_variable(rest);
      sasl_.client_message(response, response, context);
    }
  }

  SaslExchange sasl_;
  bool version_1_ = false;
};

}  // namespace

Match amqp_signature(Bytes bytes) noexcept {
  if (const Match header = begins_with(bytes, "AMQP"); header != Match::kNo) {
    if (header == Match::kMaybe || bytes.size() < kAmqpHeaderBytes) return Match::kMaybe;
    return bytes[4] <= 3 ? Match::kYes : Match::kNo;
  }
  // Met in the midst: Connection.Start (10, 10) or Start-Ok (10, 11) on channel 0.
  if (bytes.size() < 12) return Match::kNo;
  const std::uint32_t size = load_be32(bytes.data() + 3);
  const bool opening = bytes[0] == 1 && bytes[1] == 0 && bytes[2] == 0 && bytes[7] == 0 &&
                       bytes[8] == 10 && bytes[9] == 0 && (bytes[10] == 10 || bytes[10] == 11);
  return opening && size > 8 && size < 131072 ? Match::kYes : Match::kNo;
}

std::unique_ptr<Recogniser> make_amqp() { return std::make_unique<Amqp>(); }

}  // namespace capstan::audit
