// Datagram Congestion Control Protocol (RFC 4340 section 5).
#include <algorithm>

#include "engine/flow/checksum.h"
#include "tools/text/ip/ip.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

enum Type : std::uint8_t {
  kRequest = 0,
  kResponse = 1,
  kData = 2,
  kAck = 3,
  kDataAck = 4,
  kCloseRequest = 5,
  kClose = 6,
  kReset = 7,
  kSync = 8,
  kSyncAck = 9,
};
constexpr Token kTypes[] = {{kRequest, "DCCP-Request"}, {kResponse, "DCCP-Response"},
                            {kData, "DCCP-Data"},       {kAck, "DCCP-Ack"},
                            {kDataAck, "DCCP-DataAck"}, {kCloseRequest, "DCCP-CloseReq"},
                            {kClose, "DCCP-Close"},     {kReset, "DCCP-Reset"},
                            {kSync, "DCCP-Sync"},       {kSyncAck, "DCCP-SyncAck"}};
constexpr Token kResetCodes[] = {{0, "unspecified"},       {1, "closed"},
                                 {2, "aborted"},           {3, "no connection"},
                                 {4, "packet error"},      {5, "option error"},
                                 {6, "mandatory failure"}, {7, "connection refused"},
                                 {8, "bad service code"},  {9, "too busy"},
                                 {10, "bad init cookie"},  {11, "aggression penalty"}};

void put_addresses(Printer& p, std::uint16_t source, std::uint16_t destination) {
  p.host(p.around.source).put('.').dec(source).put(" > ");
  p.host(p.around.destination).put('.').dec(destination).put(": ");
}

// Section 9.2: how much of the data the checksum covers.
void put_checksum(Printer& p, const Input& in, std::size_t header_bytes) {
  const unsigned coverage = in.u8(5) & 15U;
  p.out.put("cksum 0x").hex(in.be16(6), 4).put(' ');
  std::size_t covered = in.length();
  if (coverage != 0) covered = std::min<std::size_t>(covered, header_bytes + (coverage - 1) * 4U);
  if (!in.has(0, in.length())) return;
  PseudoHeader pseudo{
      p.around.source,
      p.around.final_destination != nullptr ? p.around.final_destination : p.around.destination,
      p.around.ip_version == 6 ? std::size_t{16} : std::size_t{4}, ip_protocol::kDccp,
      static_cast<std::uint32_t>(in.length())};
  const std::uint16_t error = checksum_error(pseudo, in.bytes().first(covered));
  if (error == 0) {
    p.out.put("(correct)");
  } else {
    p.out.put("(incorrect -> 0x").hex(correct_checksum(in.be16(6), error), 4).put(')');
  }
}

}  // namespace

void print_dccp(Printer& p, Input in) {
  constexpr std::size_t kShortBytes = 12;
  constexpr std::size_t kLongBytes = 16;
  p.set_protocol("dccp");
  if (!in.has(0, 4)) {
    put_hosts(p);
    return p.truncate();
  }
  p.around.source_port = in.be16(0);
  p.around.destination_port = in.be16(2);
  put_addresses(p, p.around.source_port, p.around.destination_port);
  if (in.length() < kShortBytes) {
    p.out.put("truncated-dccp - ").dec(kShortBytes - in.length()).put(" bytes missing!");
    return;
  }
  const bool extended = (in.u8(8) & 1U) != 0;
  const std::size_t fixed = extended ? kLongBytes : kShortBytes;
  if (in.length() < fixed) {
    p.out.put("truncated-dccp - ").dec(fixed - in.length()).put(" bytes missing!");
    return;
  }
  if (!in.need(0, fixed)) return;
  const std::size_t header_bytes = std::size_t{in.u8(4)} * 4;
  p.out.put("DCCP");
  if (p.options.quiet) {
    p.out.put(' ').dec(in.length() < header_bytes ? 0 : in.length() - header_bytes);
    return;
  }
  p.out.put(' ');
  if (p.verbose()) {
    p.out.put("(CCVal ").dec(in.u8(5) >> 4).put(", CsCov ").dec(in.u8(5) & 15U).put(", ");
    put_checksum(p, in, header_bytes);
    p.out.put(") ");
  }
  const std::uint8_t type = in.u8(8) >> 1 & 15U;
  p.token(kTypes, type, "packet-type-");
  p.out.put(' ');
  std::size_t at = fixed;
  const bool has_ack = type != kRequest && type != kData && type <= kSyncAck;
  const std::size_t ack_at = at;
  if (has_ack) at += extended ? 8 : 4;
  if (type == kRequest) {
    p.out.put("(service=").dec(in.be32(at)).put(") ");
  } else if (type == kResponse) {
    p.out.put("(service=").dec(in.be32(at)).put(") ");
  } else if (type == kReset) {
    p.out.put("(code=");
    p.token(kResetCodes, in.u8(at), "unknown code: ");
    p.out.put(") ");
  }
  if (has_ack) {
    const std::uint64_t ack = extended ? in.be48(ack_at + 2) : in.be24(ack_at + 1);
    if (!p.truncated()) p.out.put("(ack=").dec(ack).put(") ");
  }
  if (p.options.verbosity > 1) {
    p.out.put("seq ").dec(extended ? in.be48(10) : in.be24(9)).put(' ');
  }
}

}  // namespace capstan::text
