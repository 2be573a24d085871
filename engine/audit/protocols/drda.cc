// DRDA (The Open Group, DRDA version 5, volume 3: DDM; commands ACCSEC and SECCHK): DB2, Informix
// and Derby. Names may be in EBCDIC.
#include <array>

#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/signatures.h"
#include "engine/audit/protocols/unit_recogniser.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

constexpr std::size_t kHeaderBytes = 6;  // length, 0xd0, format, correlation
constexpr std::uint8_t kMagic = 0xd0;
enum CodePoint : std::uint16_t {
  kExcsat = 0x1041,
  kAccsec = 0x106d,
  kSecchk = 0x106e,
  kPassword = 0x11a1,
  kUser = 0x11a0,
  kMechanism = 0x11a2,
  kToken = 0x11dc,
  kNewPassword = 0x11de,
};

// Letters, digits and what else names hold, from EBCDIC (code page 500); others are '?'.
char from_ebcdic(std::uint8_t byte) noexcept {
  if (byte >= 0x81 && byte <= 0x89) return static_cast<char>('a' + (byte - 0x81));
  if (byte >= 0x91 && byte <= 0x99) return static_cast<char>('j' + (byte - 0x91));
  if (byte >= 0xa2 && byte <= 0xa9) return static_cast<char>('s' + (byte - 0xa2));
  if (byte >= 0xc1 && byte <= 0xc9) return static_cast<char>('A' + (byte - 0xc1));
  if (byte >= 0xd1 && byte <= 0xd9) return static_cast<char>('J' + (byte - 0xd1));
  if (byte >= 0xe2 && byte <= 0xe9) return static_cast<char>('S' + (byte - 0xe2));
  if (byte >= 0xf0 && byte <= 0xf9) return static_cast<char>('0' + (byte - 0xf0));
  switch (byte) {
    case 0x40:
      return ' ';
    case 0x4b:
      return '.';
    case 0x5b:
      return '$';
    case 0x60:
      return '-';
    case 0x6d:
      return '_';
    case 0x7b:
      return '#';
    case 0x7c:
      return '@';
    default:
      return '?';
  }
}

class Drda final : public ClientUnitRecogniser {
 private:
  std::uint64_t client_unit_size(Bytes bytes) const override {
    if (bytes.size() < kHeaderBytes) return kMore;
    const std::size_t size = load_be16(bytes.data());
    return bytes[2] != kMagic || size < kHeaderBytes + 4 ? kLost : size;
  }

  void on_client_unit(Bytes unit, Context& context) override {
    if (unit.size() < kHeaderBytes + 4) return;
    const std::uint16_t command = load_be16(unit.data() + kHeaderBytes + 2);
    if (command == kSecchk) {
      security_check(unit.subspan(kHeaderBytes + 4), context);
    } else if (command == 0x2001) {  // ACCRDB: the login is over
      context.finish();
    }
  }

  static void security_check(Bytes rest, Context& context) {
    std::array<char, 128> name{};
    std::size_t length = 0;
    Bytes password;
    Bytes changed;
    unsigned mechanism = 0;
    while (rest.size() >= 4) {
      const std::size_t size = load_be16(rest.data());
      const std::uint16_t code = load_be16(rest.data() + 2);
      if (size < 4 || size > rest.size()) break;
      const Bytes value = rest.subspan(4, size - 4);
      if (code == kMechanism && value.size() >= 2) mechanism = load_be16(value.data());
      if (code == kUser) length = read_name(value, name);
      if (code == kPassword) password = value;
      if (code == kNewPassword) changed = value;
      if (code == kToken) context.mark_secret(value);
      rest = rest.subspan(size);
    }
    context.mark_secret(changed);
    const std::string_view user(name.data(), length);
    if (!user.empty()) context.set_user(user);
    if (password.empty()) {
      // Encrypted with a key that was agreed on (7, 9, 12, 13), or Kerberos (11).
      constexpr unsigned kNameOnly = 4;
      if (mechanism != kNameOnly) context.facts.opaque_login = true;
      return;
    }
    constexpr unsigned kSubstitute = 8;  // a digest in place of the password
    context.add_credential(
        user, "SECCHK",
        mechanism == 6 || mechanism == kSubstitute ? SecretKind::kHash : SecretKind::kPlain,
        password, password);
  }

  static std::size_t read_name(Bytes value, std::array<char, 128>& name) noexcept {
    const std::size_t size = std::min(value.size(), name.size());
    const bool ascii = std::all_of(value.begin(), value.end(),
                                   [](std::uint8_t byte) { return byte >= 0x20 && byte < 0x7f; });
    std::size_t length = 0;
    for (std::size_t i = 0; i < size; ++i) {
      name[i] = ascii ? static_cast<char>(value[i]) : from_ebcdic(value[i]);
      if (name[i] != ' ') length = i + 1;
    }
    return length;
  }
};

}  // namespace

Match drda_client(Bytes bytes) noexcept {
  if (bytes.size() >= 3 && bytes[2] != kMagic) return Match::kNo;
  if (bytes.size() < 10) return bytes.size() >= 3 ? Match::kMaybe : Match::kNo;
  const std::uint16_t code = load_be16(bytes.data() + 8);
  const std::size_t inner = load_be16(bytes.data() + 6);
  // The format says request (1), reply (2) or object (3), chained or not.
  return (bytes[3] & 0x0f) >= 1 && (bytes[3] & 0x0f) <= 3 &&
                 inner + kHeaderBytes <= load_be16(bytes.data()) &&
                 (code == kExcsat || code == kAccsec || code == kSecchk)
             ? Match::kYes
             : Match::kNo;
}

std::unique_ptr<Recogniser> make_drda() { return std::make_unique<Drda>(); }

}  // namespace capstan::audit
