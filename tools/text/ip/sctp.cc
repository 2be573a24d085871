// SCTP (RFC 9260): the chunks of a packet, one after another.
#include "tools/text/ip/ip.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

enum Chunk : std::uint8_t {
  kData = 0x00,
  kInit = 0x01,
  kInitAck = 0x02,
  kSack = 0x03,
  kHeartbeat = 0x04,
  kHeartbeatAck = 0x05,
  kAbort = 0x06,
  kShutdown = 0x07,
  kShutdownAck = 0x08,
  kError = 0x09,
  kCookieEcho = 0x0a,
  kCookieAck = 0x0b,
  kEcne = 0x0c,
  kCwr = 0x0d,
  kShutdownComplete = 0x0e,
};
constexpr Token kChunks[] = {
    {kData, "DATA"},
    {kInit, "INIT"},
    {kInitAck, "INIT ACK"},
    {kSack, "SACK"},
    {kHeartbeat, "HB REQ"},
    {kHeartbeatAck, "HB ACK"},
    {kAbort, "ABORT"},
    {kShutdown, "SHUTDOWN"},
    {kShutdownAck, "SHUTDOWN ACK"},
    {kError, "OP ERR"},
    {kCookieEcho, "COOKIE ECHO"},
    {kCookieAck, "COOKIE ACK"},
    {kEcne, "ECN ECHO"},
    {kCwr, "CWR"},
    {kShutdownComplete, "SHUTDOWN COMPLETE"},
    {0x0f, "AUTH"},
    {0xa2, "REL REQ"},
    {0xa3, "REL ACK"},
    {0xc0, "FORWARD CUM TSN"},
};

// https://www.iana.org/assignments/sctp-parameters, payload protocol identifiers
constexpr Token kPayloads[] = {
    {0, "unspecified"}, {1, "IUA"},          {2, "M2UA"},
    {3, "M3UA"},        {4, "SUA"},          {5, "M2PA"},
    {6, "V5UA"},        {7, "H.248"},        {8, "BICC/Q.2150.3"},
    {9, "TALI"},        {10, "DUA"},         {11, "ASAP"},
    {12, "ENRP"},       {13, "H.323"},       {14, "Q.IPC/Q.2150.3"},
    {15, "SIMCO"},      {16, "DDP Segment"}, {17, "DDP Stream Session Control"},
    {18, "S1AP"},       {19, "RUA"},         {20, "HNBAP"},
    {21, "ForCES HP"},  {22, "ForCES MP"},   {23, "ForCES LP"},
    {24, "SBc-AP"},     {25, "NBAP"},        {26, "Unassigned"},
    {27, "X2AP"},
};

void put_ports(Printer& p, std::uint16_t source, std::uint16_t destination) {
  if (carries_protocol(p.around, ip_protocol::kSctp)) {
    p.host(p.around.source).put('.').dec(source).put(" > ");
    p.host(p.around.destination).put('.').dec(destination).put(": sctp");
  } else {
    p.out.dec(source).put(" > ").dec(destination).put(": sctp");
  }
}

bool is_begin_and_end(std::uint8_t flags) noexcept { return (flags & 0x03) == 0x03; }

void put_data(Printer& p, const Input& chunk, std::uint8_t flags, std::size_t size) {
  if ((flags & 0x04) != 0) p.out.put("(U)");
  if ((flags & 0x02) != 0) p.out.put("(B)");
  if ((flags & 0x01) != 0) p.out.put("(E)");
  if ((flags & 0x07) != 0) p.out.put(' ');
  p.out.put("[TSN: ").dec(chunk.be32(4)).put("] ");
  p.out.put("[SID: ").dec(chunk.be16(8)).put("] ");
  p.out.put("[SSEQ ").dec(chunk.be16(10)).put("] ");
  const std::uint32_t payload = chunk.be32(12);
  p.out.put("[PPID ");
  if (const char* name = payload != 0 ? find_token(kPayloads, payload) : nullptr) {
    p.out.put(name);
  } else {
    p.out.put("0x").hex(payload);
  }
  p.out.put("] ");
  if (p.options.verbosity >= 2 && is_begin_and_end(flags) && size > 16) {
    p.out.put("[Payload");
    if (!p.options.dumps_packets()) {
      p.out.put(':');
      p.unknown_data(chunk.from(16).with_length(size - 16));
    }
    p.out.put(']');
  }
}

// RFC 9260 section 3.3.2.1: parameters of INIT and INIT ACK.
void put_parameters(Printer& p, Input in) {
  while (in.length() >= 4 && !p.truncated()) {
    const std::uint16_t kind = in.be16(0);
    const std::size_t size = in.be16(2);
    if (size < 4) return;
    switch (kind) {
      case 1:
        p.out.put("[HB INFO] ");
        break;
      case 5:
        p.out.put("[V4ADDR ");
        p.host4(in.at(4, 4)).put("] ");
        break;
      case 6:
        p.out.put("[V6ADDR ");
        p.host6(in.at(4, 16)).put("] ");
        break;
      default:
        break;
    }
    in = in.from((size + 3) & ~std::size_t{3});
  }
}

void put_init(Printer& p, const Input& chunk) {
  p.out.put("[init tag: ").dec(chunk.be32(4)).put("] ");
  p.out.put("[rwnd: ").dec(chunk.be32(8)).put("] ");
  p.out.put("[OS: ").dec(chunk.be16(12)).put("] ");
  p.out.put("[MIS: ").dec(chunk.be16(14)).put("] ");
  p.out.put("[init TSN: ").dec(chunk.be32(16)).put("] ");
}

void put_sack(Printer& p, const Input& chunk) {
  const std::uint32_t cumulative = chunk.be32(4);
  const std::size_t gaps = chunk.be16(12);
  const std::size_t duplicates = chunk.be16(14);
  p.out.put("[cum ack ").dec(cumulative).put("] [a_rwnd ").dec(chunk.be32(8));
  p.out.put("] [#gap acks ").dec(gaps).put("] [#dup tsns ").dec(duplicates).put("] ");
  std::size_t at = 16;
  for (std::size_t i = 0; i < gaps && !p.truncated(); ++i, at += 4) {
    const std::uint32_t begin = cumulative + chunk.be16(at);
    const std::uint32_t end = cumulative + chunk.be16(at + 2);
    p.out.put("\n\t\t[gap ack block #").dec(i + 1).put(": start = ").dec(begin);
    p.out.put(", end = ").dec(end).put("] ");
  }
  for (std::size_t i = 0; i < duplicates && !p.truncated(); ++i, at += 4) {
    const std::uint32_t number = chunk.be32(at);
    p.out.put("\n\t\t[dup TSN #").dec(i + 1).put(": ").dec(number).put("] ");
  }
}

void put_chunk(Printer& p, const Input& chunk, std::uint8_t kind, std::size_t size) {
  const std::uint8_t flags = chunk.u8(1);
  p.out.put('[');
  if (const char* name = find_token(kChunks, kind)) {
    p.out.put(name);
  } else {
    p.out.put("Unknown chunk type: 0x").hex(kind);
  }
  p.out.put("] ");
  switch (kind) {
    case kData:
      put_data(p, chunk, flags, size);
      break;
    case kInit:
    case kInitAck:
      put_init(p, chunk);
      if (p.options.verbosity >= 2) put_parameters(p, chunk.with_length(size).from(20));
      break;
    case kSack:
      put_sack(p, chunk);
      break;
    default:
      break;
  }
}

}  // namespace

void print_sctp(Printer& p, Input in) {
  p.set_protocol("sctp");
  if (in.length() < 12) {
    p.out.put("truncated-sctp - ").dec(12 - in.length()).put(" bytes missing!");
    return;
  }
  if (!in.need(0, 12)) return;
  p.around.source_port = in.be16(0);
  p.around.destination_port = in.be16(2);
  put_ports(p, p.around.source_port, p.around.destination_port);
  in = in.from(12);
  for (unsigned number = 1; in.length() > 0 && !p.truncated(); ++number) {
    const bool lines = p.options.verbosity >= 2;
    p.out.put(lines ? "\n\t" : number == 1 ? " " : ", ").put('(').dec(number).put(") ");
    if (in.length() < 4) {
      p.out.put("[chunk truncated, ").dec(in.length()).put(" bytes remaining]");
      return;
    }
    const std::uint8_t kind = in.u8(0);
    const std::size_t size = in.be16(2);
    if (!in.need(0, 4)) return;
    if (size < 4) {
      p.out.put("[Bad chunk length ").dec(size).put(", < size of chunk descriptor]");
      return;
    }
    if (size > in.length()) {
      p.out.put("[Bad chunk length ").dec(size).put(", > remaining data in packet]");
      return;
    }
    put_chunk(p, in, kind, size);
    in = in.from((size + 3) & ~std::size_t{3});
  }
}

}  // namespace capstan::text
