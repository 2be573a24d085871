// RFB (VNC): RFC 6143 section 7.1 and 7.2; VeNCrypt and the registered security types.
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/unit_recogniser.h"
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

class Rfb final : public UnitRecogniser {
 public:
  void on_gap(Side, Context& context) override { context.finish(); }

 protected:
  // What comes next and how long it is follows from what was agreed: no message says it itself.
  std::uint64_t unit_size(Side side, Bytes bytes, const Context&) const override {
    return side == Side::kClient ? client_size(bytes) : server_size();
  }
  void on_unit(Side side, Bytes unit, Context& context) override {
    if (side == Side::kClient) {
      client(unit, context);
    } else {
      server(unit, context);
    }
  }

 private:
  static constexpr std::size_t kResponseBytes = 16;  // section 7.2.2

  static int minor_of(Bytes version) noexcept { return reply_code(as_text(version).substr(8, 3)); }

  std::uint64_t server_size() const noexcept {
    if (!server_version_) return kVersionBytes;
    // Version 3.3 (section 7.1.2): the server decides, in four bytes. Before the client has spoken
    // nothing more comes.
    if (client_minor_ == 0) return kMore;
    return security_ == kInvalid && client_minor_ < 7 ? 4 : kLost;
  }

  void server(Bytes bytes, Context& context) {
    if (!server_version_) {
      if (bytes.size() < kVersionBytes) return;  // cut off by the end
      server_version_ = true;
      context.facts.undecidable = true;  // until the security type is agreed
    } else if (bytes.size() == 4) {
      choose(bytes[3], context);
    }
  }

  std::uint64_t client_size(Bytes bytes) const noexcept {
    if (client_minor_ == 0) return kVersionBytes;
    if (security_ == kInvalid)
      return client_minor_ < 7 ? kMore : 1;  // the server's word is awaited
    if (security_ == kVncAuth) return kResponseBytes;
    return security_ == kVeNCrypt ? vencrypt_size(bytes) : bytes.size();
  }

  void client(Bytes bytes, Context& context) {
    if (client_minor_ == 0) {
      if (bytes.size() < kVersionBytes) return;
      client_minor_ = std::max(1, minor_of(bytes));
      // The server's side may be missing: what the client does then shows no security type.
      context.facts.undecidable = true;
    } else if (security_ == kInvalid) {
      choose(bytes[0], context);
    } else if (security_ == kVncAuth) {
      if (bytes.size() < kResponseBytes) return;
      context.add_credential({}, "VNC-auth", SecretKind::kHash, bytes, bytes);
      context.facts.undecidable = false;
      context.finish();
    } else if (security_ == kVeNCrypt) {
      vencrypt(bytes, context);
    } else {
      context.mark_secret(bytes);
      context.facts.opaque_login = true;
      context.finish();
    }
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
  std::uint64_t vencrypt_size(Bytes bytes) const noexcept {
    if (!vencrypt_version_) return 2;
    if (vencrypt_subtype_ == 0) return 4;
    if (vencrypt_subtype_ != kVeNCryptPlain) return bytes.size();
    if (bytes.size() < 8) return kMore;
    return 8 + field_bytes(bytes.data()) + field_bytes(bytes.data() + 4);
  }
  static std::size_t field_bytes(const std::uint8_t* at) noexcept {
    return std::min<std::size_t>(load_be32(at), 1024);
  }

  void vencrypt(Bytes bytes, Context& context) {
    if (!vencrypt_version_) {
      vencrypt_version_ = true;
    } else if (vencrypt_subtype_ == 0) {
      if (bytes.size() < 4) return;
      vencrypt_subtype_ = load_be32(bytes.data());
      if (vencrypt_subtype_ >= 257 && vencrypt_subtype_ <= 262) context.upgrade_requested();
    } else if (vencrypt_subtype_ == kVeNCryptPlain) {
      const std::size_t user = field_bytes(bytes.data());
      const std::size_t secret = field_bytes(bytes.data() + 4);
      if (bytes.size() < 8 + user + secret) return;
      const Bytes password = bytes.subspan(8 + user, secret);
      context.add_credential(as_text(bytes.subspan(8, user)), "VeNCrypt Plain", SecretKind::kPlain,
                             password, password);
      context.facts.undecidable = false;
      context.finish();
    } else {
      context.finish();
    }
  }

  static constexpr std::uint32_t kVeNCryptPlain = 256;

  int client_minor_ = 0;
  std::uint32_t vencrypt_subtype_ = 0;
  std::uint8_t security_ = kInvalid;
  bool server_version_ = false;
  bool vencrypt_version_ = false;
};

}  // namespace

std::unique_ptr<Recogniser> make_rfb() { return std::make_unique<Rfb>(); }

}  // namespace capstan::audit
