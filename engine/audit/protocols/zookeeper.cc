// ZooKeeper: the client protocol (zookeeper.jute: ConnectRequest, RequestHeader, AuthPacket,
// GetSASLRequest). Scheme "digest" sends name and password as they are.
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/signatures.h"
#include "engine/audit/protocols/unit_recogniser.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

constexpr std::uint32_t kAuth = 100;
constexpr std::uint32_t kSasl = 102;
constexpr std::uint32_t kAuthTransaction = 0xfffffffc;

Bytes take_buffer(Bytes& bytes) noexcept {
  if (bytes.size() < 4) return {};
  const std::size_t size = std::min<std::size_t>(load_be32(bytes.data()), bytes.size() - 4);
  const Bytes buffer = bytes.subspan(4, size);
  bytes = bytes.subspan(4 + size);
  return buffer;
}

class Zookeeper final : public ClientUnitRecogniser {
 private:
  std::uint64_t client_unit_size(Bytes bytes) const override {
    if (bytes.size() < 4) return kMore;
    const std::uint32_t size = load_be32(bytes.data());
    return size > (1U << 24) ? kLost : std::uint64_t{4} + size;
  }
  bool logins_come_late() const override { return true; }

  void on_client_unit(Bytes unit, Context& context) override {
    if (unit.size() < 12) return;
    const std::uint32_t transaction = load_be32(unit.data() + 4);
    const std::uint32_t type = load_be32(unit.data() + 8);
    Bytes rest = unit.subspan(12);
    if (type == kAuth && transaction == kAuthTransaction) {
      if (rest.size() < 4) return;
      rest = rest.subspan(4);
      const std::string_view scheme = as_text(take_buffer(rest));
      const Bytes secret = take_buffer(rest);
      const std::string_view text = as_text(secret);
      const std::size_t colon = text.find(':');
      if (scheme == "digest" && colon != std::string_view::npos) {
        context.add_credential(text.substr(0, colon), "digest", SecretKind::kPlain,
                               secret.subspan(colon + 1), secret.subspan(colon + 1));
      } else if (scheme != "ip" && scheme != "x509" && scheme != "world" && !secret.empty()) {
        context.add_credential({}, "addauth", SecretKind::kToken, secret, secret);
      }
    } else if (type == kSasl) {
      const Bytes token = take_buffer(rest);
      const std::string_view text = as_text(token);
      context.mark_secret(token);
      if (text.find("response=") != std::string_view::npos) {  // DIGEST-MD5 (RFC 2831)
        const std::size_t name = text.find("username=\"");
        const std::size_t end = name == std::string_view::npos ? name : text.find('"', name + 10);
        context.add_credential(end == std::string_view::npos
                                   ? std::string_view{}
                                   : text.substr(name + 10, end - name - 10),
                               "DIGEST-MD5", SecretKind::kHash, token,
                               token.first(std::min<std::size_t>(token.size(), 32)));
      } else if (!token.empty()) {
        context.facts.opaque_login = true;
      }
    }
  }
};

}  // namespace

Match zookeeper_client(Bytes bytes) noexcept {
  if (bytes.size() < 12) return Match::kNo;
  const std::uint32_t size = load_be32(bytes.data());
  // Met in the midst: addauth, whose transaction is -4 and whose type is 100.
  if (load_be32(bytes.data() + 4) == kAuthTransaction && load_be32(bytes.data() + 8) == kAuth) {
    return Match::kYes;
  }
  // Protocol version 0, last transaction seen, time-out, session, a password of 16 bytes, perhaps a
  // flag. Some clients send the version as 64 bits.
  if (size < 44 || size > 64 || load_be32(bytes.data() + 4) != 0) return Match::kNo;
  if (bytes.size() < 36) return Match::kMaybe;
  for (const std::size_t shift : {std::size_t{0}, std::size_t{4}}) {
    const std::uint32_t timeout_ms = load_be32(bytes.data() + 16 + shift);
    const std::uint32_t password = load_be32(bytes.data() + 28 + shift);
    if (timeout_ms >= 100 && timeout_ms <= 86'400'000 && password == 16) return Match::kYes;
  }
  return Match::kNo;
}

std::unique_ptr<Recogniser> make_zookeeper() { return std::make_unique<Zookeeper>(); }

}  // namespace capstan::audit
