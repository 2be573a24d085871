// Source RCON (developer.valvesoftware.com/wiki/Source_RCON_Protocol): the first packet of a client
// is the password.
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/signatures.h"
#include "engine/audit/protocols/unit_recogniser.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

constexpr std::uint32_t kAuth = 3;
constexpr std::uint32_t kMostBytes = 4096;

class Rcon final : public ClientUnitRecogniser {
 private:
  std::uint64_t client_unit_size(Bytes bytes) const override {
    if (bytes.size() < 4) return kMore;
    const std::uint32_t size = load_le32(bytes.data());
    return size < 10 || size > kMostBytes ? kLost : std::uint64_t{4} + size;
  }

  void on_client_unit(Bytes unit, Context& context) override {
    if (unit.size() < 12) return;
    if (load_le32(unit.data() + 8) != kAuth) {
      context.finish();  // commands: the login was before
      return;
    }
    const std::string_view body = as_text(unit.subspan(12));
    const Bytes secret = as_bytes(body.substr(0, body.find('\0')));
    if (!secret.empty()) context.add_credential({}, "RCON", SecretKind::kPlain, secret, secret);
  }
};

}  // namespace

Match rcon_client(Bytes bytes) noexcept {
  if (bytes.size() < 12) return Match::kNo;
  const std::uint32_t size = load_le32(bytes.data());
  if (size < 10 || size > kMostBytes || load_le32(bytes.data() + 8) != kAuth) return Match::kNo;
  if (bytes.size() < 4 + size) return size < 512 ? Match::kMaybe : Match::kNo;
  // The password and an empty string, both with their NUL, fill the packet.
  const Bytes body = bytes.subspan(12, size - 8);
  const std::size_t end = as_text(body).find('\0');
  const bool printable = std::all_of(
      body.begin(), body.begin() + static_cast<std::ptrdiff_t>(std::min(end, body.size())),
      [](std::uint8_t byte) { return byte >= 0x20; });
  return end != std::string_view::npos && end + 2 == body.size() && body.back() == 0 && printable
             ? Match::kYes
             : Match::kNo;
}

std::unique_ptr<Recogniser> make_rcon() { return std::make_unique<Rcon>(); }

}  // namespace capstan::audit
