// Cassandra: the native protocol, versions 1 to 5 (cassandra.apache.org, native_protocol_v3.spec to
// v5.spec, sections 2 and 4.1): AUTH_RESPONSE and, in version 1, CREDENTIALS.
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/sasl.h"
#include "engine/audit/protocols/signatures.h"
#include "engine/audit/protocols/unit_recogniser.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

enum Opcode : std::uint8_t {
  kStartup = 0x01,
  kCredentials = 0x04,
  kOptions = 0x05,
  kMostOpcode = 0x10,
  kAuthResponse = 0x0f,
};
constexpr std::uint32_t kMostCassandraBytes = 256U << 20;
constexpr std::size_t kMostName = 20;  // of a mechanism (RFC 4422 section 3.1)

// From version 3 on the stream's number has two bytes.
std::size_t header_bytes(std::uint8_t version) noexcept { return version <= 2 ? 8 : 9; }

class Cassandra final : public ClientUnitRecogniser {
 private:
  // Version 5 puts frames into segments once the connection is agreed on: 17 bits of length, a
  // flag, a check of three bytes; the frame; a check of four.
  static bool is_frame(Bytes bytes) noexcept {
    const std::uint8_t version = bytes[0] & 0x7f;
    return version >= 1 && version <= 6 && bytes.size() >= 2 && bytes[1] <= 0x1f;
  }
  bool is_segment(Bytes bytes) const noexcept {
    return version_ >= 5 && bytes.size() >= 8 && bytes[6] == version_ && started_;
  }

  std::uint64_t client_unit_size(Bytes bytes) const override {
    if (bytes.size() < 9) return kMore;
    if (is_segment(bytes)) {
      return std::uint64_t{6} + 4 +
             ((bytes[0] | std::uint32_t{bytes[1]} << 8 | std::uint32_t{bytes[2]} << 16) & 0x1ffffU);
    }
    if (!is_frame(bytes)) return kLost;
    const std::size_t head = header_bytes(bytes[0] & 0x7f);
    const std::uint32_t size = load_be32(bytes.data() + head - 4);
    return size > kMostCassandraBytes ? kLost : head + std::uint64_t{size};
  }

  void on_client_unit(Bytes unit, Context& context) override {
    if (is_segment(unit)) unit = unit.subspan(6);
    version_ = unit[0] & 0x7f;
    const std::size_t head = header_bytes(version_);
    if (unit.size() < head) return;
    const std::uint8_t opcode = unit[head - 5];
    Bytes body = unit.subspan(head);
    switch (opcode) {
      case kStartup:
        started_ = true;
        break;
      case kOptions:
        break;
      case kAuthResponse: {
        if (body.size() < 4) break;
        const std::size_t size = std::min<std::size_t>(load_be32(body.data()), body.size() - 4);
        const Bytes token = body.subspan(4, size);
        if (!sasl_.active()) {
          // DseAuthenticator is told the mechanism first, and answers with a start of its own.
          if (token.size() <= kMostName && Mechanism::is_listed(as_text(token))) {
            sasl_.begin(as_text(token), context);
            context.facts.undecidable = true;  // until the exchange shows what it is
            break;
          }
          // PasswordAuthenticator is SASL PLAIN; what else there is does not begin with its NUL.
          const bool plain = std::count(token.begin(), token.end(), 0) >= 2;
          sasl_.begin(plain ? "PLAIN" : "UNKNOWN", context);
        }
        sasl_.client_message(token, token, context);
        break;
      }
      case kCredentials:
        credentials(body, context);
        break;
      default:
        context.finish();  // work: the login is over, or none was asked for
        break;
    }
  }

  // A map of strings.
  static void credentials(Bytes body, Context& context) {
    const auto take = [&body] {
      if (body.size() < 2) return Bytes{};
      const std::size_t size = std::min<std::size_t>(load_be16(body.data()), body.size() - 2);
      const Bytes value = body.subspan(2, size);
      body = body.subspan(2 + size);
      return value;
    };
    if (body.size() < 2) return;
    const unsigned count = std::min<unsigned>(load_be16(body.data()), 16);
    body = body.subspan(2);
    std::string_view user;
    Bytes password;
    for (unsigned i = 0; i < count; ++i) {
      const std::string_view key = as_text(take());
      const Bytes value = take();
      if (key == "username") user = as_text(value);
      if (key == "password") password = value;
    }
    if (!password.empty()) {
      context.add_credential(user, "CREDENTIALS", SecretKind::kPlain, password, password);
    }
  }

  SaslExchange sasl_;
  std::uint8_t version_ = 0;
  bool started_ = false;
};

}  // namespace

Match cassandra_client(Bytes bytes) noexcept {
  if (bytes.empty() || bytes[0] == 0 || bytes[0] > 6) return Match::kNo;
  if (bytes.size() < 9) return bytes.size() >= 2 && bytes[1] > 0x1f ? Match::kNo : Match::kMaybe;
  const std::size_t head = header_bytes(bytes[0]);
  const std::uint8_t opcode = bytes[head - 5];
  const std::uint32_t size = load_be32(bytes.data() + head - 4);
  if (bytes[1] > 0x1f) return Match::kNo;
  if (opcode == kOptions) return size == 0 ? Match::kYes : Match::kNo;
  if (opcode == kAuthResponse || opcode == kCredentials) {
    if (size < 4 || size > 65536 || bytes.size() < head + 4) return Match::kNo;
    return opcode == kCredentials                       ? Match::kNo
           : load_be32(bytes.data() + head) + 4 <= size ? Match::kYes
                                                        : Match::kNo;
  }
  if (opcode != kStartup || size < 2 || size > 4096) return Match::kNo;
  if (bytes.size() < head + 15) return Match::kMaybe;
  const std::string_view text = as_text(bytes.subspan(head));
  return text.find("CQL_VERSION") != std::string_view::npos ||
                 text.find("COMPRESSION") != std::string_view::npos ||
                 text.find("DRIVER_") != std::string_view::npos
             ? Match::kYes
             : Match::kNo;
}

std::unique_ptr<Recogniser> make_cassandra() { return std::make_unique<Cassandra>(); }

}  // namespace capstan::audit
