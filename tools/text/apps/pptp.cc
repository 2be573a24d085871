// PPTP's control connection (RFC 2637 section 2).
#include "tools/text/fields.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr Token kTypes[] = {{1, "SCCRQ"},  {2, "SCCRP"},  {3, "StopCCRQ"}, {4, "StopCCRP"},
                            {5, "ECHORQ"}, {6, "ECHORP"}, {7, "OCRQ"},     {8, "OCRP"},
                            {9, "ICRQ"},   {10, "ICRP"},  {11, "ICCN"},    {12, "CCRQ"},
                            {13, "CDN"},   {14, "WEN"},   {15, "SLI"}};

constexpr Token kErrors[] = {{0, "None"},      {1, "Not-Connected"}, {2, "Bad-Format"},
                             {3, "Bad-Value"}, {4, "No-Resource"},   {5, "Bad-Call-ID"},
                             {6, "PAC-Error"}};
constexpr Token kStartResults[] = {
    {1, "Successful channel establishment"},
    {2, "General error"},
    {3, "Command channel already exists"},
    {4, "Requester is not authorized to establish a command channel"},
    {5, "The protocol version of the requester is not supported"}};
constexpr Token kPlainResults[] = {{1, "OK"}, {2, "General Error"}};
constexpr Token kOutgoingResults[] = {{1, "Connected"},    {2, "General Error"}, {3, "No Carrier"},
                                      {4, "Busy"},         {5, "No Dial Tone"},  {6, "Time-out"},
                                      {7, "Do Not Accept"}};
constexpr Token kIncomingResults[] = {{1, "Connect"}, {2, "General Error"}, {3, "Do Not Accept"}};
constexpr Token kDisconnectResults[] = {
    {1, "Lost Carrier"}, {2, "General Error"}, {3, "Admin Shutdown"}, {4, "Request"}};
constexpr Token kReasons[] = {{1, "None"}, {2, "Stop-Protocol"}, {3, "Stop-Local-Shutdown"}};

// With -v the meaning, too.
void put_code(Printer& p, std::string_view label, std::span<const Token> names,
              std::uint8_t value) {
  p.out.put(' ').put(label).put('(').dec(value);
  if (p.verbose()) {
    p.out.put(':');
    put_name(p, names, value, "?");
  }
  p.out.put(')');
}

// What a message has set aside must be 0.
void put_reserved(Printer& p, std::uint16_t value) {
  if (value != 0 && !p.truncated()) {
    p.out.put(" [ERROR: reserved=").dec(value).put(" must be zero]");
  }
}

TextSink& put_field(Printer& p, std::string_view label, std::uint64_t value) {
  return p.out.put(' ').put(label).put('(').dec(value).put(')');
}

void put_text(Printer& p, std::string_view label, const Input& in, std::size_t at) {
  constexpr std::size_t kTextBytes = 64;
  p.out.put(' ').put(label).put('(');
  p.safe_text(in.from(at), kTextBytes, true);
  p.out.put(')');
}

// The letters of the bits that are set, in the order given.
void put_letters(Printer& p, std::string_view label, std::uint32_t value,
                 std::span<const Token> letters) {
  p.out.put(' ').put(label).put('(');
  for (const Token& letter : letters)
    if ((value & letter.value) != 0) p.out.put(letter.text);
  p.out.put(')');
}

void put_result(Printer& p, const Input& in, std::size_t at, std::span<const Token> results) {
  put_code(p, "RESULT_CODE", results, in.u8(at));
  put_code(p, "ERR_CODE", kErrors, in.u8(at + 1));
}

constexpr Token kFraming[] = {{1, "A"}, {2, "S"}};
constexpr Token kBearing[] = {{2, "D"}, {1, "A"}};

void put_start(Printer& p, const Input& in, bool reply) {
  p.out.put(" PROTO_VER(").dec(in.u8(12)).put('.').dec(in.u8(13)).put(')');
  if (reply) {
    put_result(p, in, 14, kStartResults);
  }
  put_letters(p, "FRAME_CAP", in.be32(16), kFraming);
  put_letters(p, "BEARER_CAP", in.be32(20), kBearing);
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
  put_result(p, in, 16, kOutgoingResults);
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
      put_code(p, "REASON", kReasons, in.u8(12));
      put_reserved(p, in.u8(13));
      return put_reserved(p, in.be16(14));
    case 4:
      put_result(p, in, 12, kPlainResults);
      return put_reserved(p, in.be16(14));
    case 5:
      return void(put_field(p, "ID", in.be32(12)));
    case 6:
      put_field(p, "ID", in.be32(12));
      put_result(p, in, 16, kPlainResults);
      return put_reserved(p, in.be16(18));
    case 7:
      return put_outgoing_request(p, in);
    case 8:
      return put_outgoing_reply(p, in);
    case 9:
      return put_incoming_request(p, in);
    case 10:
      put_field(p, "CALL_ID", in.be16(12));
      put_field(p, "PEER_CALL_ID", in.be16(14));
      put_result(p, in, 16, kIncomingResults);
      put_field(p, "RECV_WIN", in.be16(18));
      put_field(p, "PROC_DELAY", in.be16(20));
      return put_reserved(p, in.be16(22));
    case 12:
      put_field(p, "CALL_ID", in.be16(12));
      return put_reserved(p, in.be16(14));
    case 13:
      put_field(p, "CALL_ID", in.be16(12));
      put_result(p, in, 14, kDisconnectResults);
      put_field(p, "CAUSE_CODE", in.be16(16));
      put_reserved(p, in.be16(18));
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
