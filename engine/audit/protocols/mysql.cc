// MySQL and MariaDB: the client/server protocol's connection phase (dev.mysql.com, "Connection
// Phase": HandshakeV10, SSLRequest, HandshakeResponse41 and 320, AuthSwitchRequest).
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/unit_recogniser.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

constexpr std::uint32_t kConnectWithDb = 0x8;
constexpr std::uint32_t kProtocol41 = 0x200;
constexpr std::uint32_t kSsl = 0x800;
constexpr std::uint32_t kSecureConnection = 0x8000;
constexpr std::uint32_t kPluginAuth = 0x80000;
constexpr std::uint32_t kLenencAuth = 0x200000;
constexpr std::size_t kSslRequestBytes = 32;

// A NUL-terminated string at the front; the rest of `bytes` is what follows.
std::string_view take_string(Bytes& bytes) noexcept {
  const std::string_view text = as_text(bytes);
  const std::size_t end = text.find('\0');
  const std::string_view value = text.substr(0, end);
  bytes = end == std::string_view::npos ? Bytes{} : bytes.subspan(end + 1);
  return value;
}

class Mysql final : public UnitRecogniser {
 public:
  void on_gap(Side, Context& context) override { context.finish(); }

 protected:
  // Three bytes of length, the packet's number, the packet.
  std::uint64_t unit_size(Side, Bytes bytes, const Context&) const override {
    if (bytes.size() < kHeadBytes) return kMore;
    return kHeadBytes + (bytes[0] | std::uint64_t{bytes[1]} << 8 | std::uint64_t{bytes[2]} << 16);
  }
  void on_unit(Side side, Bytes unit, Context& context) override {
    const Bytes packet = unit.subspan(kHeadBytes);
    if (side == Side::kClient) {
      client(packet, context);
    } else {
      server(packet, context);
    }
  }

 private:
  static constexpr std::size_t kHeadBytes = 4;

  void server(Bytes packet, Context& context) {
    if (packet.empty()) return;
    if (!greeted_ && !responded_) {
      greeted_ = true;
      greeting(packet, context);
      return;
    }
    if (!responded_) return;
    if (packet[0] == 0xfe && packet.size() > 1) {  // AuthSwitchRequest: plugin, data
      Bytes rest = packet.subspan(1);
      plugin_ = take_string(rest).substr(0, 64);
      switched_ = true;
    } else if (packet[0] == 0x00 || packet[0] == 0xff) {
      context.finish();  // OK or ERR: the connection phase is over
    }
  }

  void greeting(Bytes packet, Context& context) {
    if (packet[0] == 0xff) {
      context.finish();  // "too many connections" and the like
      return;
    }
    context.facts.undecidable = true;  // until the client answers
    Bytes rest = packet.subspan(1);
    take_string(rest);  // the server's version
    if (rest.size() < 15) return;
    const std::uint32_t low = load_le16(rest.data() + 13);
    if ((low & kSsl) != 0) context.upgrade_offered();
    // Behind charset, status, upper capabilities, length and ten bytes of filler: the second part
    // of the challenge (at least 13 bytes), then the default plugin.
    if (rest.size() < 15 + 16) return;
    const std::size_t scramble = std::max<std::size_t>(13, rest[20] > 8 ? rest[20] - 8U : 0);
    if (rest.size() <= 31 + scramble) return;
    rest = rest.subspan(31 + scramble);
    plugin_ = take_string(rest).substr(0, 64);
  }

  void client(Bytes packet, Context& context) {
    if (switched_) {
      switched_ = false;
      secret(packet, packet, context);
      return;
    }
    if (responded_ || packet.size() < 5) return;
    const std::uint32_t low = load_le16(packet.data());
    if ((low & kProtocol41) == 0) {
      responded_ = true;
      old_response(packet, context);
      return;
    }
    if (packet.size() < kSslRequestBytes) return;
    const std::uint32_t capabilities = load_le32(packet.data());
    if ((capabilities & kSsl) != 0 && packet.size() == kSslRequestBytes) {
      context.upgrade_requested();
      context.facts.undecidable = false;
      return;
    }
    responded_ = true;
    response(capabilities, packet.subspan(kSslRequestBytes), context);
  }

  void response(std::uint32_t capabilities, Bytes rest, Context& context) {
    context.facts.undecidable = false;
    context.set_user(take_string(rest));
    Bytes answer;
    if ((capabilities & (kLenencAuth | kSecureConnection)) != 0) {
      if (rest.empty()) return;
      std::size_t length = rest[0];
      std::size_t head = 1;
      if ((capabilities & kLenencAuth) != 0 && rest[0] == 0xfc && rest.size() >= 3) {
        length = load_le16(rest.data() + 1);
        head = 3;
      }
      rest = rest.subspan(head);
      answer = rest.first(std::min(length, rest.size()));
      rest = rest.subspan(answer.size());
    } else {
      answer = as_bytes(take_string(rest));
    }
    if ((capabilities & kConnectWithDb) != 0) take_string(rest);
    if ((capabilities & kPluginAuth) != 0) {
      if (const std::string_view named = take_string(rest); !named.empty()) {
        plugin_ = named.substr(0, 64);
      }
    }
    context.set_mechanism(mechanism());
    secret(answer, answer, context);
  }

  // HandshakeResponse320: capabilities (2), largest packet (3), user, then the scramble.
  void old_response(Bytes packet, Context& context) {
    context.facts.undecidable = false;
    Bytes rest = packet.subspan(5);
    context.set_user(take_string(rest));
    const std::string_view answer = take_string(rest);
    plugin_ = "mysql_old_password";
    context.set_mechanism(mechanism());
    secret(as_bytes(answer), as_bytes(answer), context);
  }

  void secret(Bytes where, Bytes value, Context& context) {
    const bool clear = plugin_ == "mysql_clear_password" || plugin_ == "dialog";
    while (clear && !value.empty() && value.back() == 0) value = value.first(value.size() - 1);
    if (value.empty()) return;
    context.add_credential(context.facts.user, mechanism(),
                           clear ? SecretKind::kPlain : SecretKind::kHash, where, value);
  }

  Mechanism mechanism() const noexcept {
    return plugin_.empty() ? Mechanism("mysql_native_password") : Mechanism::from_wire(plugin_);
  }

  std::string plugin_;
  bool greeted_ = false;
  bool responded_ = false;
  bool switched_ = false;
};

}  // namespace

std::unique_ptr<Recogniser> make_mysql() { return std::make_unique<Mysql>(); }

}  // namespace capstan::audit
