// Tabular Data Stream: Microsoft SQL Server ([MS-TDS] 2.2.3, 2.2.6.4 LOGIN7, 2.2.6.5
// PRELOGIN, 3.2.5: TLS inside PRELOGIN messages) and Sybase (TDS 5.0 functional specification,
// "Login record").
#include <array>
#include <vector>

#include "engine/audit/protocols/ntlm.h"
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/signatures.h"
#include "engine/audit/protocols/unit_recogniser.h"
#include "engine/audit/secret_buffer.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

constexpr std::size_t kTdsHeaderBytes = 8;
enum PacketType : std::uint8_t {
  kBatch = 0x01,
  kOldLogin = 0x02,
  kReply = 0x04,
  kFederatedToken = 0x08,
  kLogin7 = 0x10,
  kSspi = 0x11,
  kPrelogin = 0x12,
};

// TLS records that come in pieces, each in a packet of its own. Nothing secret lies in what is
// held: records up to the end of the handshake.
class WrappedTls {
 public:
  void add(Side side, Bytes bytes, Context& context) {
    if (!reader_) reader_ = make_tls();
    std::vector<std::uint8_t>& held = held_[index_of(side)];
    if (held.size() + bytes.size() > kMostBytes) return;
    held.insert(held.end(), bytes.begin(), bytes.end());
    const std::size_t used = reader_->consume(side, held, held.size() == kMostBytes, context);
    held.erase(held.begin(),
               held.begin() + static_cast<std::ptrdiff_t>(std::min(used, held.size())));
  }

 private:
  static constexpr std::size_t kMostBytes = 32768;
  std::unique_ptr<Recogniser> reader_;
  std::array<std::vector<std::uint8_t>, 2> held_;
};

class Tds final : public UnitRecogniser {
 private:
  std::uint64_t unit_size(Side side, Bytes bytes, const Context&) const override {
    if (bytes.size() < kTdsHeaderBytes) return kMore;
    // Behind a handshake inside PRELOGIN, records stand without TDS around them.
    if (encrypted_ && starts_tls_record(bytes)) return kLost;
    const std::uint8_t type = bytes[0];
    const std::size_t size = load_be16(bytes.data() + 2);
    const bool known = side == Side::kClient ? type >= 1 && type <= kPrelogin
                                             : type == kReply || type == kPrelogin;
    return !known || size < kTdsHeaderBytes ? kLost : size;
  }
  static bool starts_tls_record(Bytes bytes) noexcept {
    return bytes[0] >= 20 && bytes[0] <= 23 && bytes[1] == 3;
  }
  bool tls_may_begin(Side, const Context&) const override { return false; }
  std::size_t wanted_bytes() const override { return 8192; }

  void on_unit(Side side, Bytes unit, Context& context) override {
    if (unit.size() < kTdsHeaderBytes) return;
    const std::uint8_t type = unit[0];
    const Bytes body = unit.subspan(kTdsHeaderBytes);
    if (type == kPrelogin && starts_tls(body)) encrypted_ = true;
    if (encrypted_ && (type == kPrelogin || (!body.empty() && type == kLogin7))) {
      if (context.facts.upgrade < Upgrade::kRequested) context.upgrade_requested();
      context.facts.upgrade = Upgrade::kAccepted;
      context.facts.undecidable = false;
      tls_.add(side, body, context);
      return;
    }
    if (side == Side::kServer) {
      end_message(context);  // it was whole for the server, whatever its packets said
      server(type, body, context);
      return;
    }
    constexpr std::uint8_t kLast = 1;
    if (message_ || (unit[1] & kLast) == 0) {
      go_on_with_message(type, body, context);
      if ((unit[1] & kLast) != 0) end_message(context);
    } else {
      message(type, body, context);
    }
  }

  // Once no more of it is kept it is read: its end may lie beyond what is looked at.
  void go_on_with_message(std::uint8_t type, Bytes body, Context& context) {
    if (!message_) message_ = std::make_unique<SecretBuffer<kMostMessage>>();
    message_type_ = type;
    const bool was_full = is_full();
    for (const std::uint8_t byte : body) message_->push(byte);
    context.mark_secret(body);
    if (!was_full && is_full()) message(type, message_->bytes(), context);
  }
  bool is_full() const noexcept { return message_->bytes().size() == kMostMessage; }
  void end_message(Context& context) {
    if (!message_) return;
    if (!is_full()) message(message_type_, message_->bytes(), context);
    message_.reset();
  }
  // That the server's side ends says nothing about the client's message.
  void on_gap(Side side, Context& context) override {
    if (side == Side::kClient) end_message(context);
    UnitRecogniser::on_gap(side, context);
  }
  void on_end(Side side, Bytes rest, Context& context) override {
    UnitRecogniser::on_end(side, rest, context);
    if (side == Side::kClient) end_message(context);
  }

  // A message is one packet, or several of which the last says so (2.2.3.1.2).
  void message(std::uint8_t type, Bytes body, Context& context) {
    switch (type) {
      case kPrelogin:
        context.facts.undecidable = true;  // until a login is seen, or TLS
        prelogin(body, context);
        break;
      case kLogin7:
        login7(body, context);
        break;
      case kOldLogin:
        sybase(body, context);
        break;
      case kSspi:
        sspi(body, "SSPI", context);
        break;
      case kFederatedToken:
        context.add_credential({}, "FEDAUTH", SecretKind::kToken, body, body);
        break;
      default:
        if (logged_in_) context.finish();
        break;
    }
  }

  // 2.2.6.5: options of a token, an offset and a length, up to 0xff. ENCRYPTION is token 1.
  void prelogin(Bytes body, Context& context) const {
    for (std::size_t at = 0; at + 5 <= body.size() && body[at] != 0xff; at += 5) {
      const std::size_t offset = load_be16(body.data() + at + 1);
      constexpr std::uint8_t kEncryption = 1;
      if (body[at] != kEncryption || offset >= body.size()) continue;
      constexpr std::uint8_t kOn = 1;
      constexpr std::uint8_t kRequired = 3;
      if (body[offset] == kOn || body[offset] == kRequired) context.upgrade_requested();
    }
  }

  void server(std::uint8_t type, Bytes body, Context& context) const {
    if (type != kReply && type != kPrelogin) return;
    for (std::size_t at = 0; at + 5 <= body.size() && body[at] != 0xff && body[at] < 8; at += 5) {
      const std::size_t offset = load_be16(body.data() + at + 1);
      if (body[at] != 1 || offset >= body.size()) continue;
      constexpr std::uint8_t kNotSupported = 2;
      context.facts.capabilities_seen = true;
      if (body[offset] == kNotSupported) {
        if (context.upgrade_pending()) context.upgrade_refused();
      } else {
        context.upgrade_offered();
      }
    }
  }

  // 2.2.6.4: offsets and lengths, in characters of two bytes, from byte 36 on.
  void login7(Bytes body, Context& context) {
    constexpr std::size_t kFixedBytes = 86;
    logged_in_ = true;
    context.facts.undecidable = false;
    if (body.size() < kFixedBytes) return;
    const auto field = [body](std::size_t at, std::size_t unit_bytes) {
      const std::size_t offset = load_le16(body.data() + at);
      const std::size_t size = load_le16(body.data() + at + 2) * unit_bytes;
      if (offset > body.size()) return Bytes{};
      return body.subspan(offset, std::min(size, body.size() - offset));
    };
    std::array<char, 128> name{};
    const Bytes user = field(40, 2);
    std::size_t length = 0;
    for (std::size_t i = 0; i + 1 < user.size() && length < name.size(); i += 2) {
      name[length++] = user[i + 1] == 0 ? static_cast<char>(user[i]) : '?';
    }
    constexpr std::size_t kChangedPasswordAt = 86;  // since version 7.2
    if (body.size() >= kChangedPasswordAt + 4) context.mark_secret(field(kChangedPasswordAt, 2));
    if (const Bytes token = field(78, 1); !token.empty()) sspi(token, "SSPI", context);
    const Bytes password = field(44, 2);
    if (password.empty()) return;
    // Each byte with its halves exchanged and 0xa5 added by exclusive or: no key is in it.
    context.add_credential({name.data(), length}, "LOGIN7", SecretKind::kObfuscated, password,
                           password.first(password.size() / 2));
  }

  void sspi(Bytes token, Mechanism mechanism, Context& context) {
    logged_in_ = true;
    context.facts.undecidable = false;
    if (const auto ntlm = find_ntlm_authenticate(token)) {
      context.add_credential(ntlm->user, mechanism, SecretKind::kHash, token,
                             token.first(std::min(ntlm->response_bytes, token.size())));
      return;
    }
    context.mark_secret(token);
    if (!contains_ntlmssp(token)) context.facts.opaque_login = true;
  }

  // Host, user, password: 30 bytes each, then the length of what they hold; further on the
  // passwords for remote servers.
  void sybase(Bytes body, Context& context) {
    logged_in_ = true;
    context.facts.undecidable = false;
    const auto field = [body](std::size_t at) {
      constexpr std::size_t kMost = 30;
      if (body.size() < at + kMost + 1) return Bytes{};
      return body.subspan(at, std::min<std::size_t>(body[at + kMost], kMost));
    };
    constexpr std::size_t kUserAt = 31;
    constexpr std::size_t kPasswordAt = 62;
    constexpr std::size_t kRemoteAt = 202;
    constexpr std::size_t kRemoteBytes = 255;
    if (body.size() > kRemoteAt + kRemoteBytes) {
      context.mark_secret(body.subspan(kRemoteAt, kRemoteBytes));
    }
    const Bytes password = field(kPasswordAt);
    const std::string_view user = as_text(field(kUserAt));
    if (!user.empty()) context.set_user(user);
    if (password.empty()) {
      // Encrypted passwords follow in messages of their own.
      context.facts.opaque_login = true;
      return;
    }
    context.add_credential(user, "TDS login", SecretKind::kPlain, password, password);
  }

  void on_lost(Side side, Context& context) override {
    if (side == Side::kClient) end_message(context);
    if (encrypted_) context.finish();
    context.finish_side(side);
  }

  static constexpr std::size_t kMostMessage = 2048;
  std::unique_ptr<SecretBuffer<kMostMessage>> message_;  // its front, while more is to come
  std::uint8_t message_type_ = 0;
  WrappedTls tls_;
  bool encrypted_ = false;
  bool logged_in_ = false;
};

}  // namespace

Match tds_client(Bytes bytes) noexcept {
  if (bytes.empty()) return Match::kNo;
  const std::uint8_t type = bytes[0];
  if (type != kPrelogin && type != kLogin7 && type != kOldLogin) return Match::kNo;
  if (bytes.size() >= 2 && bytes[1] > 1) return Match::kNo;  // status: more to come, or the last
  if (bytes.size() < 4) return Match::kMaybe;
  const std::size_t size = load_be16(bytes.data() + 2);
  if (size < kTdsHeaderBytes + 5) return Match::kNo;
  const std::size_t wanted = type == kOldLogin ? kTdsHeaderBytes + 93 : kTdsHeaderBytes + 6;
  if (bytes.size() < wanted)
    return size >= wanted && bytes.size() <= size ? Match::kMaybe : Match::kNo;
  if (bytes[7] != 0) return Match::kNo;  // window: always 0
  const Bytes body = bytes.subspan(kTdsHeaderBytes);
  switch (type) {
    case kPrelogin:
      // The first option is VERSION (0), behind the list of options.
      return starts_tls(body) || (body[0] == 0 && load_be16(body.data() + 1) < size &&
                                  load_be16(body.data() + 3) == 6)
                 ? Match::kYes
                 : Match::kNo;
    case kLogin7:
      return load_le32(body.data()) >= 86 && load_le32(body.data()) <= 131072 ? Match::kYes
                                                                              : Match::kNo;
    default:  // the lengths of the first three names
      return body[30] <= 30 && body[61] <= 30 && body[92] <= 30 ? Match::kYes : Match::kNo;
  }
}

std::unique_ptr<Recogniser> make_tds() { return std::make_unique<Tds>(); }

}  // namespace capstan::audit
