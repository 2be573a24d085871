// Passwords that routers send each other with every message: RIP version 2 (RFC 2453 section 4.1,
// RFC 4822), OSPF version 2 (RFC 2328 appendix D), VRRP version 2 (RFC 2338 section 5.3.10), HSRP
// (RFC 2281 section 5.1; version 2 in TLVs).
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/signatures.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

// A password in a field of fixed size, filled up with zeroes.
void fixed_field(Bytes field, Mechanism mechanism, Context& context) {
  Bytes secret = field;
  while (!secret.empty() && secret.back() == 0) secret = secret.first(secret.size() - 1);
  if (secret.empty()) return;
  context.add_credential({}, mechanism, SecretKind::kPlain, field.first(secret.size()), secret);
}

class Message : public Recogniser {
 public:
  std::size_t consume(Side side, Bytes bytes, bool, Context& context) final {
    context.facts.clear_bytes[index_of(side)] = true;
    read(bytes, context);
    return bytes.size();
  }

 protected:
  virtual void read(Bytes bytes, Context& context) = 0;
};

class Rip final : public Message {
  void read(Bytes bytes, Context& context) override {
    constexpr std::size_t kEntryBytes = 20;
    if (bytes.size() < 4 + kEntryBytes || load_be16(bytes.data() + 4) != 0xffff) return;
    constexpr std::uint16_t kSimple = 2;
    constexpr std::uint16_t kKeyed = 3;
    const std::uint16_t type = load_be16(bytes.data() + 6);
    if (type == kSimple) fixed_field(bytes.subspan(8, 16), "RIP simple password", context);
    if (type != kKeyed) return;
    // The digest stands behind the packet, at the offset that the entry tells.
    const std::size_t at = load_be16(bytes.data() + 8) + std::size_t{4};
    if (at >= bytes.size()) return;
    const Bytes digest = bytes.subspan(at);
    context.add_credential({}, "RIP keyed digest", SecretKind::kHash, digest, digest);
  }
};

class Ospf final : public Message {
  void read(Bytes bytes, Context& context) override {
    constexpr std::size_t kHeaderBytes = 24;
    if (bytes.size() < kHeaderBytes || bytes[0] != 2) return;
    constexpr std::uint16_t kSimple = 1;
    constexpr std::uint16_t kCryptographic = 2;
    const std::uint16_t type = load_be16(bytes.data() + 14);
    if (type == kSimple) fixed_field(bytes.subspan(16, 8), "OSPF simple password", context);
    if (type != kCryptographic) return;
    const std::size_t at = load_be16(bytes.data() + 2);
    const std::size_t size = bytes[19];
    if (at < kHeaderBytes || at + size > bytes.size() || size == 0) return;
    const Bytes digest = bytes.subspan(at, size);
    context.add_credential({}, "OSPF cryptographic", SecretKind::kHash, digest, digest);
  }
};

class Vrrp final : public Message {
  void read(Bytes bytes, Context& context) override {
    if (bytes.size() < 8 || bytes[0] >> 4 != 2) return;
    constexpr std::uint8_t kSimple = 1;
    const std::size_t at = 8 + bytes[3] * std::size_t{4};
    if (bytes[4] != kSimple || at >= bytes.size()) return;
    fixed_field(bytes.subspan(at, std::min<std::size_t>(8, bytes.size() - at)),
                "VRRP simple password", context);
  }
};

class Hsrp final : public Message {
  void read(Bytes bytes, Context& context) override {
    constexpr std::size_t kBytes = 20;
    if (bytes.size() >= kBytes && bytes[0] == 0) {
      fixed_field(bytes.subspan(8, 8), "HSRP authentication", context);
      // An MD5 authentication TLV may follow.
      tlvs(bytes.subspan(kBytes), context);
    } else {
      tlvs(bytes, context);
    }
  }
  static void tlvs(Bytes rest, Context& context) {
    constexpr std::uint8_t kText = 3;
    constexpr std::uint8_t kDigest = 4;
    while (rest.size() >= 2) {
      const std::size_t size = std::min<std::size_t>(rest[1], rest.size() - 2);
      const Bytes value = rest.subspan(2, size);
      if (rest[0] == kText)
        fixed_field(value.first(std::min<std::size_t>(8, size)), "HSRP authentication", context);
      if (rest[0] == kDigest && value.size() >= 28) {
        const Bytes digest = value.subspan(value.size() - 16);
        context.add_credential({}, "HSRP MD5", SecretKind::kHash, digest, digest);
      }
      rest = rest.subspan(2 + size);
    }
  }
};

}  // namespace

std::unique_ptr<Recogniser> make_rip() { return std::make_unique<Rip>(); }
std::unique_ptr<Recogniser> make_ospf() { return std::make_unique<Ospf>(); }
std::unique_ptr<Recogniser> make_vrrp() { return std::make_unique<Vrrp>(); }
std::unique_ptr<Recogniser> make_hsrp() { return std::make_unique<Hsrp>(); }

}  // namespace capstan::audit
