// PPTP's control connection (RFC 2637 section 2).
#include "tools/text/fields.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr Token kTypes[] = {{1, "SCCRQ"},  {2, "SCCRP"},  {3, "StopCCRQ"}, {4, "StopCCRP"},
                            {5, "ECHORQ"}, {6, "ECHORP"}, {7, "OCRQ"},     {8, "OCRP"},
                            {9, "ICRQ"},   {10, "ICRP"},  {11, "ICCN"},    {12, "CCRQ"},
                            {13, "CDN"},   {14, "WEN"},   {15, "SLI"}};

TextSink& put_field(Printer& p, std::string_view label, std::uint64_t value) {
  return p.out.put(' ').put(label).put('(').dec(value).put(')');
}

void put_text(Printer& p, std::string_view label, const Input& in, std::size_t at) {
  constexpr std::size_t kTextBytes = 64;
  p.out.put(' ').put(label).put('(');
  p.safe_text(in.from(at), kTextBytes, true);
  p.out.put(')');
}

void put_letters(Printer& p, std::string_view label, std::uint32_t value, const char* low,
                 const char* high) {
  p.out.put(' ').put(label).put('(');
  if ((value & 1U) != 0) p.out.put(low);
  if ((value & 2U) != 0) p.out.put(high);
  p.out.put(')');
}

void put_start(Printer& p, const Input& in, bool reply) {
  p.out.put(" PROTO_VER(").dec(in.u8(12)).put('.').dec(in.u8(13)).put(')');
  if (reply) {
    put_field(p, "RESULT_CODE", in.u8(14));
    put_field(p, "ERR_CODE", in.u8(15));
  }
  put_letters(p, "FRAME_CAP", in.be32(16), "A", "S");
  put_letters(p, "BEARER_CAP", in.be32(20), "A", "D");
  put_field(p, "MAX_CHAN", in.be16(24));
  put_field(p, "FIRM_REV", in.be16(26));
  put_text(p, "HOSTNAME", in, 28);
  put_text(p, "VENDOR", in, 92);
}

void put_types(Printer& p, const Input& in, std::size_t at) {
  constexpr Token kBearers[] = {{1, "A"}, {2, "D"}, {3, "Any"}};
  constexpr Token kFramings[] = {{1, "A"}, {2, "S"}, {3, "E"}};
  p.out.put(" BEARER_TYPE(");
  put_name(p, kBearers, in.be32(at), "?").put(") FRAME_TYPE(");
  put_name(p, kFramings, in.be32(at + 4), "?").put(')');
}

void put_result(Printer& p, const Input& in, std::size_t at) {
  put_field(p, "RESULT_CODE", in.u8(at));
  put_field(p, "ERR_CODE", in.u8(at + 1));
}

void put_outgoing_request(Printer& p, const Input& in) {
  put_field(p, "CALL_ID", in.be16(12));
  put_field(p, "CALL_SER_NUM", in.be16(14));
  put_field(p, "MIN_BPS", in.be32(16));
  put_field(p, "MAX_BPS", in.be32(20));
  put_types(p, in, 24);
  put_field(p, "RECV_WIN", in.be16(32));
  put_field(p, "PROC_DELAY", in.be16(34));
  put_field(p, "PHONE_NO_LEN", in.be16(36));
  put_text(p, "PHONE_NO", in, 40);
  put_text(p, "SUB_ADDR", in, 104);
}

void put_outgoing_reply(Printer& p, const Input& in) {
  put_field(p, "CALL_ID", in.be16(12));
  put_field(p, "PEER_CALL_ID", in.be16(14));
  put_result(p, in, 16);
  put_field(p, "CAUSE_CODE", in.be16(18));
  put_field(p, "CONN_SPEED", in.be32(20));
  put_field(p, "RECV_WIN", in.be16(24));
  put_field(p, "PROC_DELAY", in.be16(26));
  put_field(p, "PHY_CHAN_ID", in.be32(28));
}

void put_incoming_request(Printer& p, const Input& in) {
  put_field(p, "CALL_ID", in.be16(12));
  put_field(p, "CALL_SER_NUM", in.be16(14));
  p.out.put(" BEARER_TYPE(");
  constexpr Token kBearers[] = {{1, "A"}, {2, "D"}, {3, "Any"}};
  put_name(p, kBearers, in.be32(16), "?").put(')');
  put_field(p, "PHY_CHAN_ID", in.be32(20));
  put_field(p, "DIALED_NO_LEN", in.be16(24));
  put_field(p, "DIALING_NO_LEN", in.be16(26));
  put_text(p, "DIALED_NO", in, 28);
  put_text(p, "DIALING_NO", in, 92);
  put_text(p, "SUB_ADDR", in, 156);
}

void put_body(Printer& p, const Input& in, std::uint16_t type) {
  switch (type) {
    case 1:
    case 2:
      return put_start(p, in, type == 2);
    case 3:
      return void(put_field(p, "REASON", in.u8(12)));
    case 4:
      return put_result(p, in, 12);
    case 5:
      return void(put_field(p, "ID", in.be32(12)));
    case 6:
      put_field(p, "ID", in.be32(12));
      return put_result(p, in, 16);
    case 7:
      return put_outgoing_request(p, in);
    case 8:
      return put_outgoing_reply(p, in);
    case 9:
      return put_incoming_request(p, in);
    case 10:
      put_field(p, "CALL_ID", in.be16(12));
      put_field(p, "PEER_CALL_ID", in.be16(14));
      put_result(p, in, 16);
      put_field(p, "RECV_WIN", in.be16(18));
      return void(put_field(p, "PROC_DELAY", in.be16(20)));
    case 12:
      return void(put_field(p, "CALL_ID", in.be16(12)));
    case 13:
      put_field(p, "CALL_ID", in.be16(12));
      put_result(p, in, 14);
      put_field(p, "CAUSE_CODE", in.be16(16));
      return put_text(p, "CALL_STATS", in, 20);
    case 15:
      put_field(p, "PEER_CALL_ID", in.be16(12));
      p.out.put(" SEND_ACCM(0x").hex(in.be32(16), 8).put(") RECV_ACCM(0x");
      p.out.hex(in.be32(20), 8).put(')');
      return;
    default:
      return;
  }
}

}  // namespace

void print_pptp(Printer& p, Input in) {
  p.set_protocol("pptp");
  p.out.put(": pptp");
  if (p.verbose()) {
    p.out.put(" Length=").dec(in.be16(0)).put(' ');
    p.out.put(in.be16(2) == 1 ? "CTRL-MSG" : in.be16(2) == 2 ? "MGMT-MSG" : "UNKNOWN-MSG-TYPE");
    p.out.put(" Magic-Cookie=").hex(in.be32(4), 8);
  }
  const std::uint16_t type = in.be16(8);
  if (p.truncated()) return;
  p.out.put(" CTRL_MSGTYPE=");
  put_name(p, kTypes, type, "UNKNOWN-CTRL-MSGTYPE");
  put_body(p, in, type);
}

}  // namespace capstan::text
