// Router renumbering (RFC 2894), node information (RFC 4620), RPL (RFC 6550).
#include "tools/text/ip/icmp6_parts.h"

namespace capstan::text {

namespace {

constexpr Token kQueryTypes[] = {
    {0, "noop"}, {1, "supportedqtypes"}, {2, "DNS name"}, {3, "node addresses"}};

// Labels of a DNS name (RFC 1035 section 3.1) without compression, as RFC 4620 has them.
void put_dns_name(Printer& p, const Input& in, std::size_t limit) {
  std::size_t at = 0;
  bool first = true;
  while (at < limit && !p.truncated()) {
    const std::size_t size = in.u8(at);
    if (size == 0 || p.truncated()) break;
    ++at;
    if (size > limit - at) {
      p.out.put("???");
      return;
    }
    if (!first) p.out.put('.');
    first = false;
    p.safe_text(in.from(at), size);
    at += size;
  }
}

void put_query(Printer& p, const Input& in) {
  const std::uint16_t type = in.be16(4);
  p.out.put(" node information query (");
  const char* name = find_token(kQueryTypes, type);
  p.out.put(name != nullptr ? name : "unknown");
  if (type == 2 || type == 3) {
    const std::uint16_t flags = in.be16(6);
    if (type == 3 && (flags & 0x3e) != 0) {
      p.out.put(" [").put((flags & 0x20) != 0 ? "G" : "").put((flags & 0x10) != 0 ? "S" : "");
      p.out.put((flags & 0x08) != 0 ? "L" : "").put((flags & 0x04) != 0 ? "C" : "");
      p.out.put((flags & 0x02) != 0 ? "A" : "").put(']');
    }
  }
  const std::size_t head = 16;
  if (in.length() > head) {
    const std::uint8_t code = in.u8(1);
    if (code == 0) {
      if (in.length() == head + 16) {
        p.out.put(", subject=");
        p.host6(in.at(head, 16));
      }
    } else if (code == 1) {
      p.out.put(", subject=DNS name, \"");
      put_dns_name(p, in.from(head), in.length() - head);
      p.out.put('"');
    } else if (code == 2) {
      if (in.length() == head + 4) {
        p.out.put(", subject=");
        p.host4(in.at(head, 4));
      }
    } else {
      p.out.put(", unknown subject");
    }
  }
  p.out.put(')');
}

void put_reply(Printer& p, const Input& in) {
  p.out.put(" node information reply (");
  const std::uint8_t code = in.u8(1);
  const char* separator = "";
  if (code == 1) {
    p.out.put("refused");
    separator = ", ";
  } else if (code == 2) {
    p.out.put("unknown");
    separator = ", ";
  }
  if (code == 0) {
    const std::uint16_t type = in.be16(4);
    const char* name = find_token(kQueryTypes, type);
    p.out.put(separator).put(name != nullptr ? name : "unknown");
    if (type == 2 && in.length() > 20) {
      p.out.put(", DNS name, \"");
      put_dns_name(p, in.from(20), in.length() - 20);
      p.out.put('"');
    }
  }
  p.out.put(')');
}

constexpr Token kRenumberingCodes[] = {
    {0, "command"}, {1, "result"}, {255, "sequence number reset"}};
constexpr Token kRenumberingOperations[] = {{1, "add"}, {2, "change"}, {3, "setglobal"}};

}  // namespace

void print_node_information(Printer& p, Input in, bool query) {
  if (!in.need(4, 4)) return;
  if (query) {
    put_query(p, in);
  } else {
    put_reply(p, in);
  }
}

void print_router_renumbering(Printer& p, Input in, std::uint8_t code) {
  p.out.put(", ");
  p.token(kRenumberingCodes, code, "code-#");
  p.out.put(", seq=").dec(in.be32(4));
  if (p.verbose()) {
    const std::uint8_t flags = in.u8(9);
    p.out.put("[");
    if ((flags & 0xf8) != 0) {
      p.out.put((flags & 0x80) != 0 ? "T" : "").put((flags & 0x40) != 0 ? "R" : "");
      p.out.put((flags & 0x20) != 0 ? "A" : "").put((flags & 0x10) != 0 ? "S" : "");
      p.out.put((flags & 0x08) != 0 ? "P" : "").put(' ');
    }
    p.out.put("seg=").dec(in.u8(8)).put(" maxdelay=").dec(in.be16(10));
    if (in.be32(12) != 0) p.out.put(" rsvd=0x").hex(in.be32(12));
    p.out.put(']');
  }
  if (code != 0) return;
  if (!in.need(16, 24)) return;
  p.out.put(p.verbose() ? "\n\t" : " ").put("match(");
  p.token(kRenumberingOperations, in.u8(16), "#");
  p.out.put(',');
  p.host6(in.at(24, 16)).put('/').dec(in.u8(20)).put(')');
}

void print_rpl(Printer& p, Input in, std::uint8_t code) {
  const bool secured = (code & 0x80) != 0;
  const unsigned kind = code & 0x7fU;
  static constexpr const char* kNames[] = {
      "DODAG Information Solicitation", "DODAG Information Object",
      "Destination Advertisement Object", "Destination Advertisement Object Ack"};
  p.out.put(", (").put(secured ? "SEC" : "CLR").put(')');
  if (kind >= std::size(kNames)) {
    p.out.put(" (unknown RPL code)");
    return;
  }
  p.out.put(kNames[kind]);
  if (secured) return;
  if (kind == 1 && in.need(4, 24)) {
    p.out.put(" [dodagid:");
    p.host6(in.at(8, 16)).put(",seq:").dec(in.u8(10));
    p.out.put(",instance:").dec(in.u8(4)).put(",rank:").dec(in.be16(6)).put(",]");
  }
}

}  // namespace capstan::text
