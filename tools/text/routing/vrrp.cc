// VRRP (RFC 3768, RFC 5798).
#include "engine/flow/checksum.h"
#include "tools/text/ip/ip.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {
constexpr Token kTypes[] = {{1, "Advertisement"}};
constexpr Token kAuthentications[] = {{0, "none"}, {1, "simple"}, {2, "ah"}};

void put_addresses(Printer& p, const Input& in, std::size_t count) {
  const std::size_t size = p.around.ip_version == 6 ? 16 : 4;
  p.out.put(", addrs");
  if (count != 1) p.out.put('(').dec(count).put(')');
  p.out.put(':');
  for (std::size_t i = 0; i < count && !p.truncated(); ++i) {
    if (i > 0) p.out.put(',');
    p.host(in.at(8 + size * i, size));
  }
}

void put_version_2(Printer& p, const Input& in) {
  const std::uint8_t authentication = in.u8(4);
  if (authentication != 0) {
    p.out.put(", authtype ");
    const char* name = find_token(kAuthentications, authentication);
    p.out.put(name != nullptr ? name : "#").put(name != nullptr ? "" : "");
    if (name == nullptr) p.out.dec(authentication);
  } else {
    p.out.put(", authtype none");
  }
  p.out.put(", intvl ").dec(in.u8(5)).put("s, length ").dec(in.length());
}
}  // namespace

void print_vrrp(Printer& p, Input in) {
  p.set_protocol("vrrp");
  const unsigned version = in.u8(0) >> 4;
  const unsigned type = in.u8(0) & 15U;
  if (p.truncated()) return;
  p.out.put("VRRPv").dec(version).put(", ");
  p.token(kTypes, type, "unknown type (", ")");
  p.out.put(", (ttl ").dec(p.around.ttl).put(')');
  if (p.around.ttl == 255) p.out.rewind(p.out.size() - std::string_view(", (ttl 255)").size());
  if (version < 2 || version > 3 || type != 1) return;
  p.out.put(", vrid ").dec(in.u8(1)).put(", prio ").dec(in.u8(2));
  const std::size_t count = in.u8(3);
  if (version == 2) {
    put_version_2(p, in);
  } else {
    p.out.put(", intvl ").dec(in.be16(4) & 0x0fffU).put("cs, length ").dec(in.length());
  }
  if (!p.verbose() || !in.has(0, in.length())) return;
  const ByteReader bytes = in.bytes().first(in.length());
  const bool wrong = version == 2
                         ? checksum_error(bytes) != 0
                         : transport_checksum_error(p.around, ip_protocol::kVrrp, bytes) != 0;
  if (wrong) p.out.put(", (bad vrrp cksum ").hex(in.be16(6)).put(')');
  put_addresses(p, in, count);
  if (version == 2 && in.u8(4) == 1) {
    p.out.put(" auth \"");
    const std::size_t at = 8 + 4 * count;
    p.safe_text(in.from(at), in.length() > at ? (in.length() - at < 8 ? in.length() - at : 8) : 0,
                true);
    p.out.put('"');
  }
}

}  // namespace capstan::text
