// Memcached: the binary protocol's SASL commands (github.com/memcached/memcached/wiki/
// BinaryProtocolRevamped, SASLAuthProtocol) and authentication in the text protocol
// (doc/protocol.txt, "Authentication": the first command is a set of "name password").
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/sasl.h"
#include "engine/audit/protocols/signatures.h"
#include "engine/audit/protocols/unit_recogniser.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

constexpr std::size_t kMemcachedHeaderBytes = 24;
constexpr std::uint8_t kRequest = 0x80;
constexpr std::uint8_t kResponse = 0x81;

// The bytes of the value a storage command announces (its fifth word); -1: it is none.
long value_bytes(std::string_view line) noexcept {
  const std::string_view command = take_word(line);
  if (command != "set" && command != "add") return -1;
  std::string_view word;
  for (int at = 1; at <= 4; ++at) word = take_word(line);
  long size = 0;
  if (word.empty() || word.size() > 8) return -1;
  for (const char c : word) {
    if (c == '\r') break;
    if (!is_digit(c)) return -1;
    size = size * 10 + (c - '0');
  }
  return size;
}

class Memcached final : public ClientUnitRecogniser {
 private:
  std::uint64_t client_unit_size(Bytes bytes) const override {
    if (bytes[0] == kRequest) {
      return bytes.size() < kMemcachedHeaderBytes
                 ? kMore
                 : kMemcachedHeaderBytes + load_be32(bytes.data() + 8);
    }
    const std::size_t end = as_text(bytes).find('\n');
    if (end == std::string_view::npos) return bytes.size() > 2048 ? kLost : kMore;
    const long value = value_bytes(as_text(bytes.first(end)));
    return end + 1 + (value >= 0 ? static_cast<std::uint64_t>(value) + 2 : 0);
  }

  void on_client_unit(Bytes unit, Context& context) override {
    if (unit[0] == kRequest) {
      binary(unit, context);
    } else {
      text(unit, context);
    }
  }

  void binary(Bytes unit, Context& context) {
    constexpr std::uint8_t kAuth = 0x21;
    constexpr std::uint8_t kStep = 0x22;
    const std::size_t before = kMemcachedHeaderBytes + unit[4];
    const std::size_t key_bytes = load_be16(unit.data() + 2);
    if (unit.size() < before + key_bytes) return;
    const std::string_view mechanism = as_text(unit.subspan(before, key_bytes));
    const Bytes value = unit.subspan(before + key_bytes);
    if (unit[1] == kAuth) {
      sasl_.begin(mechanism, context);
      sasl_.client_message(value, value, context);
    } else if (unit[1] == kStep) {
      sasl_.client_message(value, value, context);
    }
  }

  // Only the first command may be a login; the key is of no meaning then.
  void text(Bytes unit, Context& context) {
    if (first_) {
      first_ = false;
      const std::size_t end = as_text(unit).find('\n');
      const long size = value_bytes(as_text(unit.first(end == std::string_view::npos ? 0 : end)));
      if (size > 0) {
        Bytes value = unit.subspan(end + 1);
        value = value.first(std::min(value.size(), static_cast<std::size_t>(size)));
        login(value, context);
      }
    }
    // The values that follow are of no interest, and may be many.
    context.finish_side(Side::kClient);
  }

  static void login(Bytes value, Context& context) {
    std::string_view secret = as_text(value);
    const std::string_view user = take_word(secret);
    const bool two_words = !user.empty() && !secret.empty() && user.size() < 64 &&
                           secret.find(' ') == std::string_view::npos;
    if (!two_words) return;
    context.add_credential(user, "set", SecretKind::kPlain, as_bytes(secret), as_bytes(secret));
  }

  SaslExchange sasl_;
  bool first_ = true;
};

}  // namespace

Match memcached_client(Bytes bytes) noexcept {
  if (bytes[0] == kRequest || bytes[0] == kResponse) {
    if (bytes.size() < 12) return bytes.size() > 1 && bytes[1] > 0x25 ? Match::kNo : Match::kMaybe;
    const std::size_t parts = load_be16(bytes.data() + 2) + std::size_t{bytes[4]};
    const std::uint32_t body = load_be32(bytes.data() + 8);
    return bytes[1] <= 0x50 && bytes[5] == 0 && parts <= body && body <= (1U << 20) ? Match::kYes
                                                                                    : Match::kNo;
  }
  const std::string_view text = as_text(bytes.first(std::min<std::size_t>(bytes.size(), 512)));
  const std::size_t end = text.find("\r\n");
  if (end == std::string_view::npos) return Match::kNo;
  return value_bytes(text.substr(0, end)) >= 0 ? Match::kYes : Match::kNo;
}

std::unique_ptr<Recogniser> make_memcached() { return std::make_unique<Memcached>(); }

}  // namespace capstan::audit
