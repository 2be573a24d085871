// SMPP 3.4 and 5.0 (smpp.org, "Short Message Peer to Peer Protocol Specification v3.4" sections 3.2
// and 4.1): bind_receiver, bind_transmitter, bind_transceiver, outbind.
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/signatures.h"
#include "engine/audit/protocols/unit_recogniser.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

constexpr std::size_t kSmppHeaderBytes = 16;  // length, command, status, sequence number
constexpr std::uint32_t kOutbind = 0x0b;
constexpr std::uint32_t kMostSmppBytes = 65536;

bool is_bind(std::uint32_t command) noexcept {
  return command == 1 || command == 2 || command == 9;
}

// A C string of at most `most` bytes with its NUL; the rest of `bytes` is what follows.
Bytes take_c_string(Bytes& bytes) noexcept {
  const std::size_t end = std::min(as_text(bytes).find('\0'), bytes.size());
  const Bytes value = bytes.first(end);
  bytes = bytes.subspan(std::min(end + 1, bytes.size()));
  return value;
}

class Smpp final : public UnitRecogniser {
 private:
  std::uint64_t unit_size(Side, Bytes bytes, const Context&) const override {
    if (bytes.size() < 4) return kMore;
    const std::uint32_t size = load_be32(bytes.data());
    return size < kSmppHeaderBytes || size > kMostSmppBytes ? kLost : size;
  }

  void on_unit(Side, Bytes unit, Context& context) override {
    if (unit.size() < kSmppHeaderBytes) return;
    const std::uint32_t command = load_be32(unit.data() + 4);
    if (!is_bind(command) && command != kOutbind) {
      // An answer to a bind, or messages: the login was before.
      if ((command & 0x80000000U) == 0 && command != 0x15) context.finish();
      return;
    }
    Bytes rest = unit.subspan(kSmppHeaderBytes);
    const std::string_view user = as_text(take_c_string(rest));
    const Bytes password = take_c_string(rest);
    context.set_user(user);
    if (password.empty()) {
      context.facts.login_without_secret = true;
      return;
    }
    context.add_credential(user, command == kOutbind ? Mechanism("outbind") : Mechanism("bind"),
                           SecretKind::kPlain, password, password);
  }
};

}  // namespace

Match smpp_client(Bytes bytes) noexcept {
  if (bytes.size() < 8) return Match::kNo;
  const std::uint32_t size = load_be32(bytes.data());
  const std::uint32_t command = load_be32(bytes.data() + 4);
  if ((!is_bind(command) && command != kOutbind) || size < kSmppHeaderBytes + 2 || size > 512) {
    return Match::kNo;
  }
  if (bytes.size() < kSmppHeaderBytes + 1) return Match::kMaybe;
  if (load_be32(bytes.data() + 8) != 0) return Match::kNo;  // status: 0 in requests
  const std::uint8_t first = bytes[kSmppHeaderBytes];
  return first == 0 || (first >= 0x20 && first < 0x7f) ? Match::kYes : Match::kNo;
}

// Section 4.1.7: the message centre calls, and asks to be bound to.
Match smpp_server(Bytes bytes) noexcept {
  if (bytes.size() < 8 || load_be32(bytes.data() + 4) != kOutbind) return Match::kNo;
  return smpp_client(bytes);
}

std::unique_ptr<Recogniser> make_smpp() { return std::make_unique<Smpp>(); }

}  // namespace capstan::audit
