// L2TP version 2 (RFC 2661): the header and the attributes of control messages.
#include "tools/text/fields.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr Token kAttributes[] = {
    {0, "MSGTYPE"},          {1, "RESULT_CODE"},      {2, "PROTO_VER"},
    {3, "FRAMING_CAP"},      {4, "BEARER_CAP"},       {5, "TIE_BREAKER"},
    {6, "FIRM_VER"},         {7, "HOST_NAME"},        {8, "VENDOR_NAME"},
    {9, "ASSND_TUN_ID"},     {10, "RECV_WIN_SIZE"},   {11, "CHALLENGE"},
    {12, "Q931_CC"},         {13, "CHALLENGE_RESP"},  {14, "ASSND_SESS_ID"},
    {15, "CALL_SER_NUM"},    {16, "MINIMUM_BPS"},     {17, "MAXIMUM_BPS"},
    {18, "BEARER_TYPE"},     {19, "FRAMING_TYPE"},    {20, "PACKET_PROC_DELAY"},
    {21, "CALLED_NUMBER"},   {22, "CALLING_NUMBER"},  {23, "SUB_ADDRESS"},
    {24, "TX_CONN_SPEED"},   {25, "PHY_CHANNEL_ID"},  {26, "INI_RECV_LCP"},
    {27, "LAST_SENT_LCP"},   {28, "LAST_RECV_LCP"},   {29, "PROXY_AUTH_TYPE"},
    {30, "PROXY_AUTH_NAME"}, {31, "PROXY_AUTH_CHAL"}, {32, "PROXY_AUTH_ID"},
    {33, "PROXY_AUTH_RESP"}, {34, "CALL_ERRORS"},     {35, "ACCM"},
    {36, "RANDOM_VECTOR"},   {37, "PRIVATE_GRP_ID"},  {38, "RX_CONN_SPEED"},
    {39, "SEQ_REQUIRED"},    {46, "PPP_DISCON_CC"},
};
constexpr Token kMessages[] = {
    {1, "SCCRQ"}, {2, "SCCRP"}, {3, "SCCCN"}, {4, "StopCCN"}, {6, "HELLO"},
    {7, "OCRQ"},  {8, "OCRP"},  {9, "OCCN"},  {10, "ICRQ"},   {11, "ICRP"},
    {12, "ICCN"}, {14, "CDN"},  {15, "WEN"},  {16, "SLI"},
};
constexpr Token kAuthenticationTypes[] = {
    {0, "Reserved"}, {1, "Textual"}, {2, "CHAP"}, {3, "PAP"}, {4, "No Auth"}, {5, "MS-CHAPv1"},
};
constexpr Token kDirections[] = {
    {0, "global error"},
    {1, "at peer"},
    {2, "at local"},
};

constexpr std::size_t kAttributeHeaderBytes = 6;
constexpr std::string_view kTooShort = "AVP too short";

// One attribute's value, all of which is there.
class AttributePrinter {
 public:
  AttributePrinter(Printer& printer, Input value) : p_(printer), in_(value) {}
  void print(unsigned type);

 private:
  std::size_t size() const { return in_.length(); }
  bool has(std::size_t count) {
    if (size() >= count) return true;
    p_.out.put(kTooShort);
    return false;
  }
  void text(std::size_t at) { p_.safe_text(in_.from(at), size() - at); }
  void capabilities(char second_bit, char first_bit);
  void result();
  void call_errors();
  void disconnect();
  void number(unsigned type);
  void special(unsigned type);

  Printer& p_;
  Input in_;
};

// The two lowest bits, the higher one shown first.
void AttributePrinter::capabilities(char second_bit, char first_bit) {
  if (!has(4)) return;
  if ((in_.be32(0) & 2) != 0) p_.out.put(second_bit);
  if ((in_.be32(0) & 1) != 0) p_.out.put(first_bit);
}

void AttributePrinter::result() {
  if (!has(2)) return;
  p_.out.dec(in_.be16(0));
  if (size() == 2) return;
  if (size() < 4) {
    p_.out.put(' ').put(kTooShort);
    return;
  }
  p_.out.put('/').dec(in_.be16(2));
  if (size() == 4) return;
  p_.out.put(' ');
  text(4);
}

void AttributePrinter::call_errors() {
  static constexpr std::string_view kCounters[] = {
      "CRCErr=", "FrameErr=", "HardOver=", "BufOver=", "Timeout=", "AlignErr="};
  if (!has(2)) return;
  for (std::size_t i = 0; i < std::size(kCounters); ++i) {
    if (!has(6 + 4 * i)) return;
    p_.out.put(kCounters[i]).dec(in_.be32(2 + 4 * i)).put(' ');
  }
}

// RFC 3145 section 2.
void AttributePrinter::disconnect() {
  if (!has(5)) return;
  p_.out.hex(in_.be16(0), 4).put(", ").hex(in_.be16(2), 4).put(' ');
  p_.token(kDirections, in_.u8(4), "Direction-#");
  if (size() == 5) return;
  p_.out.put(' ');
  text(5);
}

void AttributePrinter::number(unsigned type) {
  switch (type) {
    case 15:
    case 16:
    case 17:
    case 24:
    case 25:
    case 38:
      if (has(4)) p_.out.dec(in_.be32(0));
      return;
    case 32:
      if (has(2)) p_.out.dec(in_.be16(0) & 0xffu);
      return;
    default:
      if (has(2)) p_.out.dec(in_.be16(0));
  }
}

void AttributePrinter::special(unsigned type) {
  switch (type) {
    case 0:
      if (has(2)) p_.token(kMessages, in_.be16(0), "MSGTYPE-#");
      return;
    case 2:
      if (has(2)) p_.out.dec(in_.u8(0)).put('.').dec(in_.u8(1));
      return;
    case 12:
      if (!has(3)) return;
      p_.out.dec(in_.be16(0)).put(", ").hex(in_.u8(2), 2);
      if (size() == 3) return;
      p_.out.put(' ');
      text(3);
      return;
    case 29:
      if (has(2)) p_.token(kAuthenticationTypes, in_.be16(0), "AuthType-#");
      return;
    case 35:
      if (!has(2)) return;
      if (!has(6)) return;
      p_.out.put("send=").hex(in_.be32(2), 8).put(' ');
      if (!has(10)) return;
      p_.out.put("recv=").hex(in_.be32(6), 8).put(' ');
      return;
    default:
      return;
  }
}

void AttributePrinter::print(unsigned type) {
  switch (type) {
    case 1:
      return result();
    case 3:
    case 19:
      return capabilities('A', 'S');
    case 4:
    case 18:
      return capabilities('A', 'D');
    case 5:
      if (has(8)) put_hex_run(p_, in_, 0, 8);
      return;
    case 13:
      if (has(16)) put_hex_run(p_, in_, 0, 16);
      return;
    case 7:
    case 8:
    case 21:
    case 22:
    case 23:
    case 30:
    case 37:
      return text(0);
    case 11:
    case 26:
    case 27:
    case 28:
    case 31:
    case 33:
    case 36:
      return put_hex_run(p_, in_, 0, size());
    case 6:
    case 9:
    case 10:
    case 14:
    case 15:
    case 16:
    case 17:
    case 24:
    case 25:
    case 32:
    case 38:
      return number(type);
    case 20:
      p_.out.put("obsolete");
      return;
    case 34:
      return call_errors();
    case 46:
      return disconnect();
    default:
      return special(type);
  }
}

// An attribute's size; 0: nothing can be read behind it.
std::size_t put_attribute(Printer& p, const Input& in) {
  constexpr unsigned kMandatory = 0x8000;
  constexpr unsigned kHidden = 0x4000;
  p.out.put(' ');
  const unsigned head = in.be16(0);
  const std::size_t size = head & 0x3ff;
  if (size < kAttributeHeaderBytes || size > in.length() || !in.has(0, size)) {
    p.put_truncated();
    return 0;
  }
  if ((head & kMandatory) != 0) p.out.put('*');
  if ((head & kHidden) != 0) p.out.put('?');
  const Input value = in.from(kAttributeHeaderBytes).with_length(size - kAttributeHeaderBytes);
  if (in.be16(2) != 0) {
    p.out.put("VENDOR").hex(in.be16(2), 4).put(":ATTR").hex(in.be16(4), 4).put('(');
    put_hex_run(p, value, 0, value.length());
  } else {
    p.token(kAttributes, in.be16(4), "AVP-#").put('(');
    if ((head & kHidden) != 0) {
      p.out.put("?\?\?");
    } else {
      AttributePrinter(p, value).print(in.be16(4));
    }
  }
  p.out.put(')');
  return size;
}

void put_attributes(Printer& p, Input in) {
  while (in.length() > 0 && !p.truncated()) {
    const std::size_t size = put_attribute(p, in);
    if (size == 0) return;
    in = in.from(size);
  }
}

// A PPP frame.
void put_payload(Printer& p, const Input& in) {
  p.out.put(" {PPP, length ").dec(in.length()).put('}');
}

enum Flags : unsigned {
  kControl = 0x8000,
  kHasLength = 0x4000,
  kHasSequence = 0x0800,
  kHasOffset = 0x0200,
  kPriority = 0x0100,
};

}  // namespace

void print_l2tp(Printer& p, Input in) {
  p.set_protocol("l2tp");
  const unsigned head = in.be16(0);
  if (p.truncated()) return;
  const unsigned version = head & 0x0f;
  if (version != 2) {
    p.out.put(version == 1 ? " l2f:" : " Unknown Version, neither L2F(1) nor L2TP(2)");
    return;
  }
  static constexpr Token kLetters[] = {
      {kControl, "T"}, {kHasLength, "L"}, {kHasSequence, "S"}, {kHasOffset, "O"}, {kPriority, "P"}};
  p.out.put(" l2tp:[");
  p.bits(kLetters, head, "", "").put(']');
  std::size_t at = 2;
  std::size_t length = in.length();
  const std::size_t claimed = (head & kHasLength) != 0 ? in.be16(at) : 0;
  if ((head & kHasLength) != 0) at += 2;
  if (!in.need(at, 2)) return;
  p.out.put('(').dec(in.be16(at)).put('/');
  if (!in.need(at + 2, 2)) return;
  p.out.dec(in.be16(at + 2)).put(')');
  at += 4;
  if ((head & kHasSequence) != 0) {
    if (!in.need(at, 2)) return;
    p.out.put("Ns=").dec(in.be16(at)).put(',');
    if (!in.need(at + 2, 2)) return;
    p.out.put("Nr=").dec(in.be16(at + 2));
    at += 4;
  }
  if ((head & kHasOffset) != 0) {
    const std::size_t padding = in.be16(at);
    if (!in.need(at + 2, padding)) return;
    at += 2 + padding;
  }
  if ((head & kHasLength) != 0) {
    if (length < claimed) {
      p.out.put(" Length ").dec(claimed).put(" larger than packet");
      return;
    }
    length = claimed;
  }
  if (length < at) {
    p.out.put(" Length ").dec(length).put(" smaller than header length");
    return;
  }
  if ((head & kControl) == 0) return put_payload(p, in.with_length(length).from(at));
  if ((head & kHasLength) == 0) return void(p.out.put(" No length"));
  if (length == at) return void(p.out.put(" ZLB"));
  put_attributes(p, in.with_length(length).from(at));
}

}  // namespace capstan::text
