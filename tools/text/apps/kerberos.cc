// Kerberos: of version 4 the names in its messages, of version 5 (RFC 4120) only that it is.
#include "tools/text/fields.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

enum Message : unsigned { kRequest = 2, kReply = 4, kApplication = 6, kError = 10 };

constexpr Token kMessages[] = {
    {2, "KDC_REQUEST"}, {4, "KDC_REPLY"}, {6, "APPL_REQUEST"}, {8, "APPL_REQUEST_MUTUAL"},
    {10, "ERR_REPLY"},  {12, "PRIVATE"},  {14, "SAFE"},        {16, "APPL_ERR"},
    {126, "DIE"},
};
constexpr Token kErrors[] = {
    {0, "OK"},
    {1, "NAME_EXP"},
    {2, "SERVICE_EXP"},
    {3, "AUTH_EXP"},
    {4, "PKT_VER"},
    {5, "NAME_MAST_KEY_VER"},
    {6, "SERV_MAST_KEY_VER"},
    {7, "BYTE_ORDER"},
    {8, "PRINCIPAL_UNKNOWN"},
    {9, "PRINCIPAL_NOT_UNIQUE"},
    {10, "NULL_KEY"},
};

// Texts that end in NULs, one behind the other.
class NameReader {
 public:
  NameReader(Printer& printer, Input in, std::size_t at) : p_(printer), in_(in), at_(at) {}
  // False: it does not end within the packet; said so.
  bool put() {
    const std::size_t there = in_.captured() > at_ ? in_.captured() - at_ : 0;
    const std::size_t used = put_text_to_nul(p_, in_, at_, there);
    if (used == 0) p_.truncate();
    at_ += used;
    return used != 0;
  }
  // name.instance@realm
  bool put_principal() {
    if (!put()) return false;
    p_.out.put('.');
    if (!put()) return false;
    p_.out.put('@');
    return put();
  }
  void skip(std::size_t count) { at_ += count; }
  std::uint8_t take_u8() { return in_.u8(at_++); }
  std::uint16_t u16(bool little_endian) const {
    return little_endian ? in_.le16(at_) : in_.be16(at_);
  }

 private:
  Printer& p_;
  Input in_;
  std::size_t at_;
};

void put_application_request(Printer& p, NameReader& names) {
  const unsigned version = names.take_u8();
  if (p.truncated()) return;
  p.out.put('v').dec(version).put(' ');
  if (!names.put()) return;
  for (int i = 0; i < 2; ++i) {
    const unsigned size = names.take_u8();
    if (p.truncated()) return;
    p.out.put(" (").dec(size).put(')');
  }
}

void put_version4(Printer& p, const Input& in) {
  const unsigned type = in.u8(1);
  if (p.truncated()) return;
  const bool little_endian = (type & 1) != 0;
  p.out.put(little_endian ? " le " : " be ");
  p.token(kMessages, type & 0xfe, "#").put(": ");
  NameReader names(p, in, 2);
  switch (type & 0xfe) {
    case kRequest: {
      if (!names.put_principal()) return;
      names.skip(4);
      const unsigned life = names.take_u8();
      if (p.truncated()) return;
      p.out.put(' ').dec(life * 5).put("min ");
      if (!names.put()) return;
      p.out.put('.');
      names.put();
      return;
    }
    case kApplication:
      return put_application_request(p, names);
    case kReply: {
      if (!names.put_principal()) return;
      names.skip(10);
      const unsigned size = names.u16(little_endian);
      if (!p.truncated()) p.out.put(" (").dec(size).put(')');
      return;
    }
    case kError: {
      if (!names.put_principal()) return;
      names.skip(4);
      const unsigned code = names.u16(little_endian);
      if (p.truncated()) return;
      p.out.put(' ');
      p.token(kErrors, code, "#").put(' ');
      names.skip(4);
      names.put();
      return;
    }
    default:
      p.out.put("(unknown)");
  }
}

}  // namespace

void print_kerberos(Printer& p, Input in) {
  p.set_protocol("krb");
  if (!in.has(0, 1)) return p.truncate();
  const unsigned version = in.u8(0);
  if (version >= 1 && version <= 4) p.out.put(" v").dec(version);
  if (version == 4) put_version4(p, in);
  if (version == 106 || version == 107) p.out.put(" v5");
}

}  // namespace capstan::text
