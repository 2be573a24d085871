// SOCKS: version 4 and 4A (socks4.protocol, socks4a.protocol), version 5 (RFC 1928) with
// user/password (RFC 1929) and GSSAPI (RFC 1961). Behind the handshake is a tunnel.
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/unit_recogniser.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

class Socks4 final : public UnitRecogniser {
 public:
  void on_gap(Side, Context& context) override { context.finish(); }

 protected:
  std::uint64_t unit_size(Side side, Bytes bytes, const Context&) const override {
    if (side == Side::kServer) return kHeadBytes;
    if (requested_) return kLost;  // the server's answer was not seen
    if (bytes.size() <= kHeadBytes) return kMore;
    const std::size_t user = user_bytes(bytes);
    if (user == std::string_view::npos) return kMore;
    const std::size_t length = kHeadBytes + user + 1;
    const bool has_name = bytes[4] == 0 && bytes[5] == 0 && bytes[6] == 0 && bytes[7] != 0;
    if (!has_name) return length;
    const std::size_t name = as_text(bytes.subspan(length)).find('\0');
    return name == std::string_view::npos ? kMore : length + name + 1;
  }
  void on_unit(Side side, Bytes unit, Context& context) override {
    if (unit.size() < kHeadBytes) return;
    if (side == Side::kServer) {
      constexpr std::uint8_t kGranted = 90;
      if (unit[1] == kGranted) {
        context.enter_tunnel();
      } else {
        context.finish();
      }
      return;
    }
    const std::size_t user = std::min(user_bytes(unit), unit.size() - kHeadBytes);
    if (user > 0) context.set_user(as_text(unit.subspan(kHeadBytes, user)));
    context.set_mechanism("userid");
    requested_ = true;
  }
  void on_lost(Side side, Context& context) override {
    if (requested_) {
      context.enter_tunnel();
    } else {
      context.finish_side(side);
    }
  }

 private:
  static constexpr std::size_t kHeadBytes = 8;  // version, command, port, address

  // Requires: the head is there.
  static std::size_t user_bytes(Bytes bytes) noexcept {
    return as_text(bytes.subspan(kHeadBytes)).find('\0');
  }

  bool requested_ = false;
};

class Socks5 final : public UnitRecogniser {
 public:
  void on_gap(Side, Context& context) override { context.finish(); }

 protected:
  std::uint64_t unit_size(Side side, Bytes bytes, const Context&) const override {
    return side == Side::kClient ? client_size(bytes) : server_size(bytes);
  }
  void on_unit(Side side, Bytes unit, Context& context) override {
    if (side == Side::kClient) {
      client(unit, context);
    } else {
      server(unit, context);
    }
  }
  // Behind the request lies what it asked for.
  void on_lost(Side side, Context& context) override {
    if (side == Side::kClient && part_ == Part::kDone && !server_seen_) {
      context.enter_tunnel();
    } else {
      context.finish_side(side);
    }
  }

 private:
  enum class Part : std::uint8_t { kGreeting, kAuthOrRequest, kRequest, kDone };
  static constexpr std::uint8_t kNoAuth = 0;
  static constexpr std::uint8_t kGssapi = 1;
  static constexpr std::uint8_t kPassword = 2;
  static constexpr std::uint8_t kNoneAcceptable = 0xff;

  bool is_password(Bytes bytes) const noexcept {
    return part_ == Part::kAuthOrRequest && bytes[0] == 1;
  }

  std::uint64_t client_size(Bytes bytes) const noexcept {
    switch (part_) {
      case Part::kGreeting:
        return bytes.size() < 2 ? kMore : 2U + bytes[1];
      case Part::kAuthOrRequest:
        if (method_ == kGssapi) return bytes.size();
        if (is_password(bytes)) return password_size(bytes);
        return address_size(bytes);
      case Part::kRequest:
        return address_size(bytes);
      case Part::kDone:
        return server_seen_ ? kMore : kLost;  // until the server has granted it
    }
    return kLost;
  }

  void client(Bytes bytes, Context& context) {
    if (part_ == Part::kGreeting) {
      part_ = Part::kAuthOrRequest;
    } else if (part_ == Part::kAuthOrRequest && method_ == kGssapi) {
      context.facts.opaque_login = true;
      context.set_mechanism("GSSAPI");
      context.finish();
    } else if (is_password(bytes)) {
      password(bytes, context);
      part_ = Part::kRequest;
    } else {
      part_ = Part::kDone;
    }
  }

  // RFC 1929 section 2: version, length, name, length, password.
  static std::uint64_t password_size(Bytes bytes) noexcept {
    if (bytes.size() < 2 || bytes.size() < 3U + bytes[1]) return kMore;
    return 3U + bytes[1] + bytes[2U + bytes[1]];
  }
  static void password(Bytes bytes, Context& context) {
    if (password_size(bytes) != bytes.size()) return;
    const std::size_t user = bytes[1];
    const Bytes value = bytes.subspan(3 + user);
    context.add_credential(as_text(bytes.subspan(2, user)), "username/password", SecretKind::kPlain,
                           value, value);
  }

  // RFC 1928 sections 4 and 6: version, command or reply, reserved, address, port.
  static std::uint64_t address_size(Bytes bytes) noexcept {
    if (bytes.size() < 5) return kMore;
    switch (bytes[3]) {
      case 1:
        return 10;
      case 4:
        return 22;
      case 3:
        return 7U + bytes[4];
      default:
        return bytes.size();
    }
  }

  bool answers_password() const noexcept { return replies_ == 1 && method_ == kPassword; }

  std::uint64_t server_size(Bytes bytes) const noexcept {
    return replies_ == 0 || answers_password() ? 2 : address_size(bytes);
  }

  void server(Bytes bytes, Context& context) {
    server_seen_ = true;
    if (bytes.size() < 2) return;
    constexpr std::uint8_t kSucceeded = 0;
    if (replies_ == 0) {
      ++replies_;
      method_ = bytes[1];
      if (method_ == kNoneAcceptable) context.set_mechanism("rejected");
      if (method_ == kNoAuth) context.set_mechanism("none");
    } else if (answers_password()) {
      ++replies_;
    } else if (bytes[1] == kSucceeded) {
      context.enter_tunnel();
    } else {
      context.finish();
    }
  }

  Part part_ = Part::kGreeting;
  std::uint8_t method_ = 0xfe;
  std::uint8_t replies_ = 0;
  bool server_seen_ = false;
};

}  // namespace

std::unique_ptr<Recogniser> make_socks4() { return std::make_unique<Socks4>(); }
std::unique_ptr<Recogniser> make_socks5() { return std::make_unique<Socks5>(); }

}  // namespace capstan::audit
