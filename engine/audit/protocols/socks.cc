// SOCKS: version 4 and 4A (socks4.protocol, socks4a.protocol), version 5 (RFC 1928) with
// user/password (RFC 1929) and GSSAPI (RFC 1961). Behind the handshake is a tunnel.
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

class Socks4 final : public Recogniser {
 public:
  std::size_t consume(Side side, Bytes bytes, bool, Context& context) override {
    context.facts.clear_bytes[index_of(side)] = true;
    if (side == Side::kServer) {
      if (bytes.size() < 8) return 0;
      constexpr std::uint8_t kGranted = 90;
      if (bytes[1] == kGranted) {
        context.enter_tunnel();
      } else {
        context.finish();
      }
      return 8;
    }
    if (requested_) {
      context.enter_tunnel();  // the server's answer was not seen
      return 0;
    }
    if (bytes.size() < 9) return 0;
    const std::size_t user_end = as_text(bytes.subspan(8)).find('\0');
    if (user_end == std::string_view::npos) return 0;
    std::size_t length = 8 + user_end + 1;
    const bool has_name = bytes[4] == 0 && bytes[5] == 0 && bytes[6] == 0 && bytes[7] != 0;
    if (has_name) {
      const std::size_t name_end = as_text(bytes.subspan(length)).find('\0');
      if (name_end == std::string_view::npos) return 0;
      length += name_end + 1;
    }
    if (user_end > 0) context.set_user(as_text(bytes.subspan(8, user_end)));
    context.set_mechanism("userid");
    requested_ = true;
    return length;
  }
  void on_gap(Side, Context& context) override { context.finish(); }

 private:
  bool requested_ = false;
};

class Socks5 final : public Recogniser {
 public:
  std::size_t consume(Side side, Bytes bytes, bool, Context& context) override {
    std::size_t used = 0;
    while (used < bytes.size() && !context.leaving()) {
      const std::size_t taken = side == Side::kClient ? client(bytes.subspan(used), context)
                                                      : server(bytes.subspan(used), context);
      if (taken == 0) return used;
      context.facts.clear_bytes[index_of(side)] = true;
      used += taken;
    }
    return used;
  }
  void on_gap(Side, Context& context) override { context.finish(); }

 private:
  enum class Part : std::uint8_t { kGreeting, kAuthOrRequest, kRequest, kDone };
  static constexpr std::uint8_t kNoAuth = 0;
  static constexpr std::uint8_t kGssapi = 1;
  static constexpr std::uint8_t kPassword = 2;
  static constexpr std::uint8_t kNoneAcceptable = 0xff;

  std::size_t client(Bytes bytes, Context& context) {
    switch (part_) {
      case Part::kGreeting: {
        if (bytes.size() < 2 || bytes.size() < 2U + bytes[1]) return 0;
        part_ = Part::kAuthOrRequest;
        return 2U + bytes[1];
      }
      case Part::kAuthOrRequest:
        if (method_ == kGssapi) {
          context.facts.opaque_login = true;
          context.set_mechanism("GSSAPI");
          context.finish();
          return bytes.size();
        }
        if (bytes[0] == 1) return password(bytes, context);
        [[fallthrough]];
      case Part::kRequest: {
        const std::size_t length = address_message(bytes);
        if (length == 0) return 0;
        part_ = Part::kDone;
        return length;
      }
      case Part::kDone:
        if (!server_seen_) {
          context.enter_tunnel();
          return 0;
        }
        return 0;  // until the server has granted it
    }
    return 0;
  }

  // RFC 1929 section 2: version, length, name, length, password.
  std::size_t password(Bytes bytes, Context& context) {
    if (bytes.size() < 2) return 0;
    const std::size_t user = bytes[1];
    if (bytes.size() < 3 + user) return 0;
    const std::size_t secret = bytes[2 + user];
    if (bytes.size() < 3 + user + secret) return 0;
    const Bytes value = bytes.subspan(3 + user, secret);
    context.add_credential(as_text(bytes.subspan(2, user)), "username/password", SecretKind::kPlain,
                           value, value);
    part_ = Part::kRequest;
    return 3 + user + secret;
  }

  // RFC 1928 sections 4 and 6: version, command or reply, reserved, address, port. 0: not whole.
  static std::size_t address_message(Bytes bytes) noexcept {
    if (bytes.size() < 5) return 0;
    std::size_t length = 0;
    if (bytes[3] == 1) {
      length = 10;
    } else if (bytes[3] == 4) {
      length = 22;
    } else if (bytes[3] == 3) {
      length = 7U + bytes[4];
    } else {
      return bytes.size();
    }
    return bytes.size() < length ? 0 : length;
  }

  std::size_t server(Bytes bytes, Context& context) {
    server_seen_ = true;
    if (replies_ == 0) {
      if (bytes.size() < 2) return 0;
      ++replies_;
      method_ = bytes[1];
      if (method_ == kNoneAcceptable) context.set_mechanism("rejected");
      if (method_ == kNoAuth) context.set_mechanism("none");
      return 2;
    }
    if (replies_ == 1 && method_ == kPassword) {
      if (bytes.size() < 2) return 0;
      ++replies_;
      return 2;
    }
    const std::size_t length = address_message(bytes);
    if (length == 0) return 0;
    constexpr std::uint8_t kSucceeded = 0;
    if (bytes[1] == kSucceeded) {
      context.enter_tunnel();
    } else {
      context.finish();
    }
    return length;
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
