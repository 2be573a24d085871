// RFB (VNC): RFC 6143 section 7.1 and 7.2; VeNCrypt and the registered security types.
#include "engine/audit/protocols/line_recogniser.h"
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

constexpr std::size_t kVersionBytes = 12;  // "RFB 003.008\n"

enum Security : std::uint8_t {
  kInvalid = 0,
  kNone = 1,
  kVncAuth = 2,
  kTight = 16,
  kTls = 18,
  kVeNCrypt = 19,
};

class Rfb final : public Recogniser {
 public:
  std::size_t consume(Side side, Bytes bytes, bool, Context& context) override {
    std::size_t used = 0;
    while (used < bytes.size() && !context.leaving()) {
      const Bytes rest = bytes.subspan(used);
      if (context.facts.upgrade >= Upgrade::kRequested) {
        if (starts_tls(rest)) {
          context.become_tls();
          return used;
        }
        if (may_start_tls(rest)) return used;
      }
      const std::size_t taken =
          side == Side::kClient ? client(rest, context) : server(rest, context);
      if (taken == 0) return used;
      context.facts.clear_bytes[index_of(side)] = true;
      used += taken;
    }
    return used;
  }
  void on_gap(Side, Context& context) override { context.finish(); }

 private:
  static int minor_of(Bytes version) noexcept { return reply_code(as_text(version).substr(8, 3)); }

  std::size_t server(Bytes bytes, Context& context) {
    if (!server_version_) {
      if (bytes.size() < kVersionBytes) return 0;
      server_version_ = true;
      context.facts.undecidable = true;  // until the security type is agreed
      return kVersionBytes;
    }
    // Version 3.3 (section 7.1.2): the server decides, in four bytes. Before the client has spoken
    // nothing more comes.
    if (client_minor_ == 0) return 0;
    if (security_ == kInvalid && client_minor_ < 7) {
      if (bytes.size() < 4) return 0;
      choose(bytes[3], context);
      return 4;
    }
    context.finish_side(Side::kServer);
    return bytes.size();
  }

  std::size_t client(Bytes bytes, Context& context) {
    if (client_minor_ == 0) {
      if (bytes.size() < kVersionBytes) return 0;
      client_minor_ = std::max(1, minor_of(bytes));
      // The server's side may be missing: what the client does then shows no security type.
      context.facts.undecidable = true;
      return kVersionBytes;
    }
    if (security_ == kInvalid) {
      if (client_minor_ < 7) return 0;  // the server's word is awaited
      choose(bytes[0], context);
      return 1;
    }
    if (security_ == kVncAuth) {
      constexpr std::size_t kResponseBytes = 16;  // section 7.2.2
      if (bytes.size() < kResponseBytes) return 0;
      context.add_credential({}, "VNC-auth", SecretKind::kHash, bytes.first(kResponseBytes),
                             bytes.first(kResponseBytes));
      context.facts.undecidable = false;
      context.finish();
      return kResponseBytes;
    }
    if (security_ == kVeNCrypt) return vencrypt(bytes, context);
    context.mark_secret(bytes);
    context.facts.opaque_login = true;
    context.finish();
    return bytes.size();
  }

  void choose(std::uint8_t security, Context& context) {
    security_ = security;
    if (security == kNone) {
      context.set_mechanism("None");
      context.facts.undecidable = false;
      context.facts.login_without_secret = true;
      context.finish();
    } else if (security == kVncAuth) {
      context.set_mechanism("VNC-auth");
      context.facts.undecidable = false;  // a response that never comes is no login
    } else if (security == kTls) {
      context.upgrade_requested();
    } else if (security == kVeNCrypt) {
      context.set_mechanism("VeNCrypt");
    } else if (security == kInvalid) {
      context.facts.undecidable = false;
      context.finish();
    } else {
      context.set_mechanism(security == 30       ? Mechanism("Apple-DH")
                            : security == kTight ? Mechanism("Tight")
                                                 : Mechanism("RFB security type"));
      context.facts.opaque_login = true;
    }
  }

  // VeNCrypt 0.2: the client's version (2 bytes), then the subtype (4): 256 is Plain, 257 to 262
  // begin TLS. Plain: two lengths, the user, the password.
  std::size_t vencrypt(Bytes bytes, Context& context) {
    if (!vencrypt_version_) {
      if (bytes.size() < 2) return 0;
      vencrypt_version_ = true;
      return 2;
    }
    if (vencrypt_subtype_ == 0) {
      if (bytes.size() < 4) return 0;
      vencrypt_subtype_ = load_be32(bytes.data());
      if (vencrypt_subtype_ >= 257 && vencrypt_subtype_ <= 262) context.upgrade_requested();
      return 4;
    }
    if (vencrypt_subtype_ != 256) {
      context.finish();
      return bytes.size();
    }
    if (bytes.size() < 8) return 0;
    const std::size_t user = std::min<std::size_t>(load_be32(bytes.data()), 1024);
    const std::size_t secret = std::min<std::size_t>(load_be32(bytes.data() + 4), 1024);
    if (bytes.size() < 8 + user + secret) return 0;
    const Bytes password = bytes.subspan(8 + user, secret);
    context.add_credential(as_text(bytes.subspan(8, user)), "VeNCrypt Plain", SecretKind::kPlain,
                           password, password);
    context.facts.undecidable = false;
    context.finish();
    return 8 + user + secret;
  }

  int client_minor_ = 0;
  std::uint32_t vencrypt_subtype_ = 0;
  std::uint8_t security_ = kInvalid;
  bool server_version_ = false;
  bool vencrypt_version_ = false;
};

}  // namespace

std::unique_ptr<Recogniser> make_rfb() { return std::make_unique<Rfb>(); }

}  // namespace capstan::audit
