// NTP (RFC 5905): time messages, and the fixed part of control messages (RFC 9327).
#include "tools/text/fields.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr std::size_t kTimeBytes = 48;
constexpr std::size_t kControlBytes = 12;
constexpr unsigned kControlMode = 6;
constexpr unsigned kLastTimeMode = 5;

constexpr Token kModes[] = {
    {0, "unspecified"}, {1, "symmetric active"}, {2, "symmetric passive"}, {3, "Client"},
    {4, "Server"},      {5, "Broadcast"},        {6, "Control Message"},   {7, "Reserved"},
};
constexpr Token kLeap[] = {
    {0x00, ""}, {0x40, "+1s"}, {0x80, "-1s"}, {0xc0, "clock unsynchronized"}};

// 16 bits and 16 bits of fraction, shown in millionths.
void put_short_fixed(Printer& p, std::uint32_t value) {
  const std::uint64_t millionths = (std::uint64_t{value & 0xffff} * 1'000'000) >> 16;
  p.out.dec(value >> 16).put('.').dec_padded(millionths, 6);
}

void put_poll(Printer& p, int log2_seconds) {
  p.out.put(", poll ").signed_dec(log2_seconds);
  if (log2_seconds <= -32 || log2_seconds >= 32) return;
  if (log2_seconds >= 0) {
    p.out.put(" (").dec(1u << log2_seconds).put("s)");
  } else {
    p.out.put(" (1/").dec(1u << -log2_seconds).put("s)");
  }
}

void put_stratum(Printer& p, unsigned stratum) {
  p.out.put(", Stratum ").dec(stratum).put(" (");
  p.out.put(stratum == 0    ? "unspecified"
            : stratum == 1  ? "primary reference"
            : stratum <= 15 ? "secondary reference"
                            : "reserved");
  p.out.put(')');
}

void put_timestamp(Printer& p, const Input& in, std::size_t at, std::string_view title) {
  if (!in.need(at, 8)) return;
  p.out.put(title);
  put_ntp_time(p, in.be32(at), in.be32(at + 4));
}

// The time at `at` less the one at `origin`; all of it when there is no origin.
void put_difference(Printer& p, const Input& in, std::size_t origin, std::size_t at) {
  const std::uint64_t from = in.be64(origin);
  const std::uint64_t to = in.be64(at);
  if (from == 0) {
    put_ntp_time(p, in.be32(at), in.be32(at + 4));
    return;
  }
  const bool positive = to > from;
  const std::uint64_t difference = positive ? to - from : from - to;
  const auto billionths = static_cast<std::uint64_t>(static_cast<double>(difference & 0xffffffffu) /
                                                     4294967296.0 * 1000000000.0);
  p.out.put(positive ? '+' : '-').dec(difference >> 32).put('.').dec_padded(billionths, 9);
}

// False: nothing more to be shown.
bool put_reference(Printer& p, const Input& in, unsigned stratum) {
  constexpr unsigned kInfoQuery = 62;
  constexpr unsigned kInfoReply = 63;
  if (!in.need(12, 4)) return false;
  p.out.put(", Reference-ID: ");
  switch (stratum) {
    case 0:
      p.out.put("(unspec)");
      return true;
    case 1:
      p.safe_text(in.from(12), 4);
      return true;
    case kInfoQuery:
    case kInfoReply:
      p.host4(in.at(12, 4)).put(stratum == kInfoQuery ? " INFO_QUERY" : " INFO_REPLY");
      return false;
    default:
      p.out.hex0x(in.be32(12), 8);
      return true;
  }
}

void put_authentication(Printer& p, const Input& in) {
  const std::size_t extra = in.length() - kTimeBytes;
  if (extra == 0) return;
  if (extra != 4 && extra != 4 + 16 && extra != 4 + 20) {
    p.out.put("\n\t(").dec(extra).put(" more bytes after the header)");
    return;
  }
  if (!in.need(kTimeBytes, 4)) return;
  p.out.put("\n\tKey id: ").dec(in.be32(kTimeBytes));
  if (extra == 4 || !in.need(kTimeBytes + 4, extra - 4)) return;
  p.out.put("\n\tAuthentication: ");
  put_hex_run(p, in, kTimeBytes + 4, extra - 4);
}

void put_invalid_message(Printer& p, const Input& in) {
  p.put_invalid();
  in.need(0, in.length());
}

void put_time_message(Printer& p, const Input& in) {
  if (in.length() < kTimeBytes) return put_invalid_message(p, in);
  const unsigned stratum = in.u8(1);
  put_stratum(p, stratum);
  put_poll(p, in.i8(2));
  if (!in.need(3, 1)) return;
  p.out.put(", precision ").signed_dec(in.i8(3));
  if (!in.need(4, 4)) return;
  p.out.put("\n\tRoot Delay: ");
  put_short_fixed(p, in.be32(4));
  if (!in.need(8, 4)) return;
  p.out.put(", Root dispersion: ");
  put_short_fixed(p, in.be32(8));
  if (!put_reference(p, in, stratum)) return;
  constexpr std::size_t kReference = 16;
  constexpr std::size_t kOrigin = 24;
  constexpr std::size_t kReceive = 32;
  constexpr std::size_t kTransmit = 40;
  put_timestamp(p, in, kReference, "\n\t  Reference Timestamp:  ");
  put_timestamp(p, in, kOrigin, "\n\t  Originator Timestamp: ");
  put_timestamp(p, in, kReceive, "\n\t  Receive Timestamp:    ");
  put_timestamp(p, in, kTransmit, "\n\t  Transmit Timestamp:   ");
  p.out.put("\n\t    Originator - Receive Timestamp:  ");
  put_difference(p, in, kOrigin, kReceive);
  p.out.put("\n\t    Originator - Transmit Timestamp: ");
  put_difference(p, in, kOrigin, kTransmit);
  put_authentication(p, in);
}

void put_control_message(Printer& p, const Input& in) {
  if (in.length() < kControlBytes) return put_invalid_message(p, in);
  const unsigned control = in.u8(1);
  p.out.put((control & 0x80) != 0 ? ", Response" : ", Request");
  p.out.put((control & 0x40) != 0 ? ", Error" : ", OK");
  p.out.put((control & 0x20) != 0 ? ", More" : ", Last");
  p.out.put(", OpCode=").dec(control & 0x1f).put('\n');
  p.out.put("\tSequence=").dec(in.be16(2));
  p.out.put(", Status=");
  put_alternate_hex(p, in.be16(4));
  p.out.put(", Assoc.=").dec(in.be16(6));
  p.out.put(", Offset=").dec(in.be16(8));
  const std::size_t count = in.be16(10);
  p.out.put(", Count=").dec(count);
  if (kControlBytes + count > in.length()) return put_invalid_message(p, in);
  if (count != 0 && in.need(kControlBytes, count)) {
    p.out.put("\n\tTO-BE-DONE: data not interpreted");
  }
}

}  // namespace

void print_ntp(Printer& p, Input in) {
  p.set_protocol("ntp");
  const unsigned first = in.u8(0);
  const unsigned mode = first & 7;
  p.out.put("NTPv").dec(first >> 3 & 7).put(", ").put(find_token(kModes, mode));
  p.out.put(", length ").dec(in.length());
  if (!p.verbose()) return;
  p.out.put("\n\tLeap indicator: ").put(find_token(kLeap, first & 0xc0));
  p.out.put(" (").dec(first & 0xc0).put(')');
  if (mode <= kLastTimeMode) {
    put_time_message(p, in);
  } else if (mode == kControlMode) {
    put_control_message(p, in);
  }
}

}  // namespace capstan::text
