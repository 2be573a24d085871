// rexec (rexecd(8)): the client sends the port for standard error in digits or nothing, NUL, its
// name, NUL, its password, NUL, the command, NUL. What rsh sends has the same shape and another
// meaning: see rexec_client.
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/signatures.h"
#include "engine/audit/protocols/unit_recogniser.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

class Rexec final : public ClientUnitRecogniser {
 private:
  std::uint64_t client_unit_size(Bytes bytes) const override {
    const std::size_t end = as_text(bytes).find('\0');
    return end == std::string_view::npos ? kMore : end + 1;
  }

  void on_client_unit(Bytes unit, Context& context) override {
    const Bytes value = unit.first(unit.size() - 1);
    switch (strings_++) {
      case 1:
        context.set_user(as_text(value));
        break;
      case 2:
        if (!value.empty()) {
          context.add_credential(context.facts.user, "rexec", SecretKind::kPlain, value, value);
        }
        context.finish();
        break;
      default:
        break;
    }
  }

  void on_end(Side side, Bytes rest, Context& context) override {
    // A password that the capture cuts off is one still.
    if (side != Side::kClient || strings_ != 2 || rest.empty()) return;
    context.add_credential(context.facts.user, "rexec", SecretKind::kPlain, rest, rest);
  }

  int strings_ = 0;
};

}  // namespace

// Told from rsh by the ports: rshd(8) takes connections from reserved ports only, and listens on
// 514.
Match rexec_client(Bytes bytes, std::uint16_t client_port, std::uint16_t server_port) noexcept {
  constexpr std::uint16_t kPort = 512;
  constexpr std::uint16_t kRshPort = 514;
  constexpr std::uint16_t kReserved = 1024;
  if (server_port == kRshPort || (client_port < kReserved && server_port != kPort)) {
    return Match::kNo;
  }
  const std::string_view text = as_text(bytes.first(std::min<std::size_t>(bytes.size(), 256)));
  const std::size_t port = text.find('\0');
  if (port == std::string_view::npos) {
    return server_port == kPort && text.size() <= 5 &&
                   std::all_of(text.begin(), text.end(), is_digit)
               ? Match::kMaybe
               : Match::kNo;
  }
  if (port > 5 ||
      !std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(port), is_digit)) {
    return Match::kNo;
  }
  if (port == 0 && server_port != kPort) return Match::kNo;  // could be anything
  std::size_t strings = 0;
  std::size_t begin = port + 1;
  for (std::size_t i = begin; i < text.size(); ++i) {
    if (text[i] == '\0') {
      if (i == begin && strings == 0) return Match::kNo;
      begin = i + 1;
      if (++strings == 2) return Match::kYes;
    } else if (static_cast<unsigned char>(text[i]) < 0x20) {
      return Match::kNo;
    }
  }
  return Match::kMaybe;
}

std::unique_ptr<Recogniser> make_rexec() { return std::make_unique<Rexec>(); }

}  // namespace capstan::audit
