// Kafka: kafka.apache.org/protocol: requests of a size, an API key and a version; SaslHandshake
// (17) and SaslAuthenticate (36) carry a SASL exchange (KIP-43, KIP-152).
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/sasl.h"
#include "engine/audit/protocols/signatures.h"
#include "engine/audit/protocols/unit_recogniser.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

constexpr std::uint16_t kSaslHandshake = 17;
constexpr std::uint16_t kApiVersions = 18;
constexpr std::uint16_t kSaslAuthenticate = 36;
constexpr std::uint16_t kMostKey = 92;
constexpr std::uint32_t kMostBytes = 104'857'600;
constexpr std::size_t kHeaderBytes = 14;  // size, key, version, correlation, length of client id

// Takes an unsigned variable-length integer (KIP-482).
std::size_t take_varint(Bytes& bytes) noexcept {
  std::size_t value = 0;
  for (unsigned shift = 0; shift < 35 && !bytes.empty(); shift += 7) {
    const std::uint8_t byte = bytes[0];
    bytes = bytes.subspan(1);
    value |= static_cast<std::size_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  return 0;
}

class Kafka final : public ClientUnitRecogniser {
 private:
  std::uint64_t client_unit_size(Bytes bytes) const override {
    if (bytes.size() < 4) return kMore;
    const std::uint32_t size = load_be32(bytes.data());
    return size > kMostBytes ? kLost : std::uint64_t{4} + size;
  }

  void on_client_unit(Bytes unit, Context& context) override {
    if (raw_tokens_) {  // handshake version 0: tokens without a request around them
      const Bytes token = unit.subspan(std::min<std::size_t>(4, unit.size()));
      sasl_.client_message(token, token, context);
      if (++tokens_ > 4) context.finish();
      return;
    }
    if (unit.size() < kHeaderBytes) return;
    const std::uint16_t key = load_be16(unit.data() + 4);
    const std::uint16_t version = load_be16(unit.data() + 6);
    const std::uint16_t id_bytes = load_be16(unit.data() + 12);
    Bytes rest = unit.subspan(kHeaderBytes);
    if (id_bytes != 0xffff) rest = rest.subspan(std::min<std::size_t>(id_bytes, rest.size()));
    if (key == kSaslHandshake) {
      if (rest.size() < 2) return;
      const std::size_t size = std::min<std::size_t>(load_be16(rest.data()), rest.size() - 2);
      sasl_.begin(as_text(rest.subspan(2, size)), context);
      context.facts.undecidable = true;  // until the exchange shows what it is
      raw_tokens_ = version == 0;
    } else if (key == kSaslAuthenticate) {
      authenticate(version, rest, context);
    } else if (key != kApiVersions) {
      context.finish();  // work has begun: the login is over, or none was asked for
    }
  }

  void authenticate(std::uint16_t version, Bytes rest, Context& context) {
    std::size_t size = 0;
    constexpr std::uint16_t kFlexible = 2;
    if (version >= kFlexible) {
      take_varint(rest);  // the header's tagged fields: none so far
      size = take_varint(rest);
      if (size == 0) return;
      --size;
    } else {
      if (rest.size() < 4) return;
      size = load_be32(rest.data());
      rest = rest.subspan(4);
    }
    const Bytes token = rest.first(std::min(size, rest.size()));
    if (!sasl_.active()) {
      // Met behind the handshake: PLAIN is told by its two NULs (RFC 4616), SCRAM by its letters.
      const std::string_view text = as_text(token);
      const bool scram = text.starts_with("n,") || text.starts_with("c=");
      sasl_.begin(scram ? "SCRAM-SHA-256" : "PLAIN", context);
    }
    sasl_.client_message(token, token, context);
  }

  SaslExchange sasl_;
  bool raw_tokens_ = false;
  int tokens_ = 0;
};

}  // namespace

Match kafka_client(Bytes bytes) noexcept {
  if (bytes.size() < kHeaderBytes) {
    if (bytes.size() < 8) return Match::kNo;
  }
  const std::uint32_t size = load_be32(bytes.data());
  const std::uint16_t key = load_be16(bytes.data() + 4);
  const std::uint16_t version = load_be16(bytes.data() + 6);
  const bool login = key == kSaslHandshake || key == kApiVersions || key == kSaslAuthenticate;
  // The first request asks for a list or logs in: it is short.
  constexpr std::uint32_t kMostFirst = 1U << 20;
  if (size < 10 || size > kMostFirst || key > kMostKey || version > (login ? 4 : 18)) {
    return Match::kNo;
  }
  if (bytes.size() < kHeaderBytes) return login ? Match::kMaybe : Match::kNo;
  const std::uint16_t id_bytes = load_be16(bytes.data() + 12);
  if (id_bytes != 0xffff && id_bytes + std::uint32_t{10} > size) return Match::kNo;
  if (id_bytes == 0xffff) return login ? Match::kYes : Match::kNo;
  const Bytes id =
      bytes.subspan(kHeaderBytes, std::min<std::size_t>(id_bytes, bytes.size() - kHeaderBytes));
  const bool printable =
      std::all_of(id.begin(), id.end(), [](std::uint8_t b) { return b >= 0x20 && b < 0x7f; });
  // Other requests have no mark of their own: a client id of some length must do.
  return printable && (login || id_bytes >= 4) ? Match::kYes : Match::kNo;
}

std::unique_ptr<Recogniser> make_kafka() { return std::make_unique<Kafka>(); }

}  // namespace capstan::audit
