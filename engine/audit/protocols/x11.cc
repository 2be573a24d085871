// X11 (X Window System Protocol, X.Org, section 8 "Connection Setup"): the authorization data that
// opens a connection. MIT-MAGIC-COOKIE-1 is a token: whoever has it has the display.
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/signatures.h"
#include "engine/audit/protocols/unit_recogniser.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

constexpr std::size_t kX11HeaderBytes = 12;

std::size_t padded(std::size_t size) noexcept { return (size + 3) & ~std::size_t{3}; }
std::size_t load16(Bytes bytes, std::size_t at) noexcept {
  return bytes[0] == 'B' ? load_be16(bytes.data() + at) : load_le16(bytes.data() + at);
}

class X11 final : public ClientUnitRecogniser {
 private:
  std::uint64_t client_unit_size(Bytes bytes) const override {
    if (bytes.size() < kX11HeaderBytes) return kMore;
    return kX11HeaderBytes + padded(load16(bytes, 6)) + padded(load16(bytes, 8));
  }

  void on_client_unit(Bytes unit, Context& context) override {
    if (unit.size() < kX11HeaderBytes) return;
    const std::size_t name_bytes = load16(unit, 6);
    const std::size_t data_at = kX11HeaderBytes + padded(name_bytes);
    const std::size_t data_bytes = load16(unit, 8);
    if (unit.size() >= data_at + data_bytes && data_bytes != 0) {
      const std::string_view name = as_text(unit.subspan(kX11HeaderBytes, name_bytes));
      const Bytes data = unit.subspan(data_at, data_bytes);
      if (name == "MIT-MAGIC-COOKIE-1") {
        context.add_credential({}, "MIT-MAGIC-COOKIE-1", SecretKind::kToken, data, data);
      } else {
        context.mark_secret(data);
        if (name.starts_with("XDM-AUTHORIZATION-")) {
          context.add_credential({}, "XDM-AUTHORIZATION", SecretKind::kHash, data, data);
        } else {
          context.facts.opaque_login = true;
        }
      }
    } else if (data_bytes == 0) {
      context.facts.login_without_secret = true;
    }
    context.finish();
  }
};

}  // namespace

Match x11_client(Bytes bytes) noexcept {
  if (bytes.empty() || (bytes[0] != 'B' && bytes[0] != 'l')) return Match::kNo;
  if (bytes.size() >= 2 && bytes[1] != 0 && bytes.size() < 6) return Match::kNo;
  if (bytes.size() < kX11HeaderBytes)
    return bytes.size() < 4 || load16(bytes, 2) == 11 ? Match::kMaybe : Match::kNo;
  return load16(bytes, 2) == 11 && load16(bytes, 4) == 0 && load16(bytes, 6) <= 256 &&
                 load16(bytes, 8) <= 1024
             ? Match::kYes
             : Match::kNo;
}

std::unique_ptr<Recogniser> make_x11() { return std::make_unique<X11>(); }

}  // namespace capstan::audit
