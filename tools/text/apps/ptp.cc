// Precision Time Protocol (IEEE 1588-2008 section 13), over Ethernet and over UDP.
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

enum Message : std::uint8_t {
  kSync = 0x0,
  kDelayRequest = 0x1,
  kPeerDelayRequest = 0x2,
  kPeerDelayResponse = 0x3,
  kFollowUp = 0x8,
  kDelayResponse = 0x9,
  kPeerDelayFollowUp = 0xa,
  kAnnounce = 0xb,
  kSignaling = 0xc,
  kManagement = 0xd,
};
constexpr std::size_t kHeaderBytes = 34;

constexpr Token kMessages[] = {{kSync, "sync msg"},
                               {kDelayRequest, "delay req msg"},
                               {kPeerDelayRequest, "peer delay req msg"},
                               {kPeerDelayResponse, "peer delay resp msg"},
                               {kFollowUp, "follow up msg"},
                               {kDelayResponse, "delay resp msg"},
                               {kPeerDelayFollowUp, "pdelay resp fup msg"},
                               {kAnnounce, "announce msg"},
                               {kSignaling, "signalling msg"},
                               {kManagement, "management msg"}};
constexpr Token kFlags[] = {{0x0001, "l1 61"},
                            {0x0002, "l1 59"},
                            {0x0004, "utc reasonable"},
                            {0x0008, "timescale"},
                            {0x0010, "time tracable"},
                            {0x0020, "frequency tracable"},
                            {0x0100, "alternate master"},
                            {0x0200, "two step"},
                            {0x0400, "unicast"},
                            {0x1000, "unknown"},
                            {0x2000, "profile specific 1"},
                            {0x4000, "profile specific 2"},
                            {0x8000, "security mask"}};
constexpr Token kControls[] = {{0, "Sync"},       {1, "Delay_Req"},  {2, "Follow_Up"},
                               {3, "Delay_Resp"}, {4, "Management"}, {5, "Other"}};

void put_identity(Printer& p, std::string_view label, const Input& in, std::size_t at) {
  p.out.put(label).put(" : ").hex0x(in.be64(at)).put(", port id : ").dec(in.be16(at + 8));
}

void put_timestamp(Printer& p, std::string_view label, const Input& in,
                   std::string_view separator = ", ") {
  p.out.put(", ").put(label).put(" : ").dec(in.be48(0)).put(" seconds").put(separator);
  p.out.dec(in.be32(6)).put(" nanoseconds");
}

void put_announce(Printer& p, const Input& in) {
  put_timestamp(p, "originTimeStamp", in, " ");
  p.out.put(", origin cur utc :").dec(in.be16(10)).put(", rsvd : ").dec(in.u8(12));
  p.out.put(", gm priority_1 : ").dec(in.u8(13)).put(", gm clock class : ").dec(in.u8(14));
  p.out.put(", gm clock accuracy : ").dec(in.u8(15));
  p.out.put(", gm clock variance : ").dec(in.be16(16)).put(", gm priority_2 : ").dec(in.u8(18));
  p.out.put(", gm clock id : ").hex0x(in.be64(19)).put(", steps removed : ").dec(in.be16(27));
  p.out.put(", time source : 0x").hex(in.u8(29), 2);
}

void put_body(Printer& p, std::uint8_t message, const Input& in) {
  switch (message) {
    case kSync:
    case kDelayRequest:
    case kPeerDelayRequest:
      put_timestamp(p, "originTimeStamp", in);
      break;
    case kFollowUp:
      put_timestamp(p, "preciseOriginTimeStamp", in);
      break;
    case kDelayResponse:
      put_timestamp(p, "receiveTimeStamp", in);
      put_identity(p, ", port identity", in, 10);
      break;
    case kPeerDelayResponse:
      put_timestamp(p, "requestingPortIdentity", in);
      put_identity(p, ", port identity", in, 10);
      break;
    case kPeerDelayFollowUp:
      put_timestamp(p, "responseOriginTimestamp", in);
      put_identity(p, ", port identity", in, 10);
      break;
    case kAnnounce:
      put_announce(p, in);
      break;
    case kSignaling:
      put_identity(p, ", port identity", in, 0);
      break;
    case kManagement:
      put_identity(p, ", port identity", in, 0);
      // tcpdump shows the first byte of the identity in all four places, and we are its equal.
      p.out.put(", , start boundary hops  ").dec(in.u8(0));
      p.out.put(", , boundary hops  ").dec(in.u8(0));
      p.out.put(", , flags  ").hex0x(in.u8(0)).put(", , reserved  ").hex0x(in.u8(0));
      break;
    default:
      break;
  }
}

void print_version_2(Printer& p, const Input& in) {
  if (in.length() < kHeaderBytes) return p.truncate();
  const std::uint8_t major = in.u8(0) >> 4;
  const std::uint8_t message = in.u8(0) & 15U;
  p.out.put(", v1 compat : ").put(major == 1 ? "yes" : "no").put(", msg type : ");
  const char* kind = find_token(kMessages, message);
  p.out.put(kind != nullptr ? kind : "Reserved");
  p.out.put(", length : ").dec(in.be16(2)).put(", domain : ").dec(in.u8(4));
  p.out.put(", reserved1 : ").dec(in.u8(5)).put(", Flags [");
  p.bits(kFlags, in.be16(6)).put(']');
  p.out.put(", NS correction : ").dec(in.be48(8)).put(", sub NS correction : ").dec(in.be16(14));
  p.out.put(", reserved2 : ").dec(in.be32(16));
  put_identity(p, ", clock identity", in, 20);
  p.out.put(", seq id : ").dec(in.be16(30));
  const std::uint8_t control = in.u8(32);
  const char* name = find_token(kControls, control);
  p.out.put(", control : ").dec(control).put(" (").put(name != nullptr ? name : "Reserved");
  p.out.put("), log message interval : ").dec(in.u8(33));
  put_body(p, message, in.from(kHeaderBytes));
}

}  // namespace

void print_ptp(Printer& p, Input in) {
  p.set_protocol("ptp");
  if (in.length() < 2) return p.truncate();
  const std::uint8_t version = in.u8(1) & 15U;
  if (p.truncated()) return;
  p.out.put("PTPv").dec(version);
  if (version == 2) {
    print_version_2(p, in);
  } else if (version == 1) {
    p.out.put(" (not implemented)");
  }
}

}  // namespace capstan::text
