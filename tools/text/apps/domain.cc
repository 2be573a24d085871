// DNS (RFC 1035), and what shares its messages: mDNS (RFC 6762) and DNS over TCP.
//
// Names are followed through compression pointers, backwards only (RFC 1035 section 4.1.4), so they
// end. The sections behind the answers show with -vv.
#include <optional>

#include "tools/text/apps/dns_names.h"
#include "tools/text/apps/dns_tables.h"
#include "tools/text/fields.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr std::uint16_t kTopBit = 0x8000;  // mDNS: unicast wanted; cache flush

// Where the next field begins; none: the message broke off or is broken.
using Next = std::optional<std::size_t>;

class DnsPrinter {
 public:
  DnsPrinter(Printer& printer, Input message, bool multicast)
      : p_(printer), in_(message), multicast_(multicast) {}

  void print();

 private:
  std::size_t end() const { return in_.captured(); }
  Next question(std::size_t at);
  Next record(std::size_t at);
  bool record_data(unsigned type, std::uint16_t record_class, std::size_t at, std::size_t size);
  bool soa(std::size_t at);
  bool texts(std::size_t at, std::size_t end_of_data);
  bool a6(std::size_t at);
  bool tsig(std::size_t at);
  bool edns_options(std::size_t at, std::size_t end_of_data);
  void edns_option(unsigned option, std::size_t at, std::size_t size);
  void client_subnet(std::size_t at, std::size_t size);
  Next records(std::size_t at, unsigned count);
  Next more_section(std::size_t at, unsigned count, std::string_view title);
  unsigned extended_rcode() const;
  Next response(std::uint16_t flags);
  Next query(std::uint16_t flags);

  Printer& p_;
  Input in_;
  bool multicast_;
  std::uint16_t edns_flags_ = 0;
};

Next DnsPrinter::question(std::size_t at) {
  const Next fields = skip_dns_name(in_, at);
  if (!fields || !in_.has(*fields, 4)) return {};
  p_.out.put(' ');
  p_.token(kDnsTypes, in_.be16(*fields), "Type");
  std::uint16_t question_class = in_.be16(*fields + 2);
  const bool unicast = (question_class & kTopBit) != 0;
  if (multicast_) question_class &= static_cast<std::uint16_t>(~kTopBit);
  if (question_class != kDnsClassInternet) {
    p_.out.put(' ');
    p_.token(kDnsClasses, question_class, "(Class ", ")");
  }
  if (multicast_) p_.out.put(unicast ? " (QU)" : " (QM)");
  p_.out.put("? ");
  const Next after = put_dns_name(p_, in_, at);
  return after ? Next(*after + 4) : Next();
}

Next DnsPrinter::record(std::size_t at) {
  Next fields;
  if (p_.verbose()) {
    p_.out.put(' ');
    fields = put_dns_name(p_, in_, at);
    if (!fields) return {};
  } else {
    fields = skip_dns_name(in_, at);
  }
  if (!fields || !in_.has(*fields, 10)) return end();
  at = *fields;
  const unsigned type = in_.be16(at);
  std::uint16_t record_class = in_.be16(at + 2);
  const bool flush = (record_class & kTopBit) != 0;
  if (multicast_) record_class &= static_cast<std::uint16_t>(~kTopBit);
  if (record_class != kDnsClassInternet && type != kDnsOpt) {
    p_.out.put(' ');
    p_.token(kDnsClasses, record_class, "(Class ", ")");
  }
  if (multicast_ && flush) p_.out.put(" (Cache flush)");
  if (type == kDnsOpt) {
    edns_flags_ = in_.be16(at + 6);
  } else if (p_.options.verbosity > 2) {
    p_.out.put(" [");
    p_.duration(in_.be32(at + 4)).put(']');
  }
  const std::size_t size = in_.be16(at + 8);
  at += 10;
  p_.out.put(' ');
  p_.token(kDnsTypes, type, "Type");
  if (!in_.has(at, size) || !record_data(type, record_class, at, size)) return {};
  return at + size;
}

bool DnsPrinter::soa(std::size_t at) {
  if (!p_.verbose()) return true;
  p_.out.put(' ');
  Next next = put_dns_name(p_, in_, at);
  if (!next) return false;
  p_.out.put(' ');
  next = put_dns_name(p_, in_, *next);
  if (!next || !in_.has(*next, 20)) return false;
  for (std::size_t field = 0; field < 5; ++field) p_.out.put(' ').dec(in_.be32(*next + 4 * field));
  return true;
}

bool DnsPrinter::texts(std::size_t at, std::size_t end_of_data) {
  while (at < end_of_data) {
    p_.out.put(" \"");
    if (!in_.has(at, 1)) return false;
    const std::size_t size = in_.u8(at);
    if (!put_text(p_, in_, at + 1, size)) return false;
    p_.out.put('"');
    at += 1 + size;
  }
  return true;
}

// RFC 2874 section 3.1.
bool DnsPrinter::a6(std::size_t at) {
  if (!in_.has(at, 1)) return false;
  const unsigned prefix_bits = in_.u8(at);
  const std::size_t prefix_bytes = prefix_bits / 8;
  if (prefix_bits > 128) {
    p_.out.put(' ').dec(prefix_bits).put("(bad plen)");
    return true;
  }
  if (prefix_bits < 128) {
    std::uint8_t address[16] = {};
    if (!in_.need(at + 1, 16 - prefix_bytes)) return false;
    for (std::size_t i = prefix_bytes; i < 16; ++i) address[i] = in_.u8(at + 1 + i - prefix_bytes);
    p_.out.put(' ').dec(prefix_bits).put(' ').ipv6(address);
  }
  if (prefix_bits > 0) {
    p_.out.put(' ');
    return put_dns_name(p_, in_, at + 17 - prefix_bytes).has_value();
  }
  return true;
}

// RFC 8945 section 4.2.
bool DnsPrinter::tsig(std::size_t at) {
  if (!p_.verbose()) return true;
  p_.out.put(' ');
  const Next after_name = put_dns_name(p_, in_, at);
  if (!after_name) return false;
  at = *after_name + 6;
  static constexpr std::string_view kFields[] = {
      " fudge=", " maclen=", " origid=", " error=", " otherlen="};
  for (std::size_t i = 0; i < 5; ++i) {
    if (!in_.has(at, 2)) return false;
    p_.out.put(kFields[i]).dec(in_.be16(at));
    at += 2 + (i == 1 ? in_.be16(at) : 0u);
  }
  return true;
}

bool DnsPrinter::record_data(unsigned type, std::uint16_t record_class, std::size_t at,
                             std::size_t size) {
  switch (type) {
    case kDnsA:
      if (!in_.has(at, 4)) return false;
      p_.out.put(' ').ipv4(in_.at(at, 4));
      return true;
    case kDnsAaaa:
      if (!in_.has(at, 16)) return false;
      p_.out.put(' ').ipv6(in_.at(at, 16));
      return true;
    case kDnsNs:
    case kDnsCname:
    case kDnsPtr:
    case kDnsDname:
      p_.out.put(' ');
      return put_dns_name(p_, in_, at).has_value();
    case kDnsSoa:
      return soa(at);
    case kDnsMx:
      p_.out.put(' ');
      if (!in_.has(at, 2) || !put_dns_name(p_, in_, at + 2)) return false;
      p_.out.put(' ').dec(in_.be16(at));
      return true;
    case kDnsTxt:
      return texts(at, at + size);
    case kDnsSrv:
      p_.out.put(' ');
      if (!in_.has(at, 6) || !put_dns_name(p_, in_, at + 6)) return false;
      p_.out.put(':').dec(in_.be16(at + 4)).put(' ').dec(in_.be16(at)).put(' ');
      p_.out.dec(in_.be16(at + 2));
      return true;
    case kDnsA6:
      return a6(at);
    case kDnsUri:
      p_.out.put(' ').dec(in_.be16(at)).put(' ').dec(in_.be16(at + 2)).put(' ');
      // A length below 4 is taken around to a huge one by the program whose lines these are.
      return size >= 4 ? put_text(p_, in_, at + 4, size - 4) : put_text(p_, in_, at + 4, end());
    case kDnsUnspecA:
      return put_text(p_, in_, at, size);
    case kDnsOpt:
      p_.out.put(" UDPsize=").dec(record_class);
      if ((edns_flags_ & kTopBit) != 0) p_.out.put(" DO");
      return edns_options(at, at + size);
    case kDnsTsig:
      return tsig(at);
    default:
      return true;
  }
}

// RFC 6891 section 6.1.2.
bool DnsPrinter::edns_options(std::size_t at, std::size_t end_of_data) {
  if (at >= end_of_data) return true;
  p_.out.put(" [");
  while (at < end_of_data) {
    if (!in_.has(at, 2)) return false;
    const unsigned option = in_.be16(at);
    p_.token(kEdnsOptions, option, "Opt");
    if (!in_.has(at + 2, 2)) return false;
    const std::size_t size = in_.be16(at + 2);
    at += 4;
    if (!in_.has(at, size)) return false;
    if (size > 0) {
      p_.out.put(' ');
      edns_option(option, at, size);
    }
    at += size;
    if (at < end_of_data) p_.out.put(',');
  }
  p_.out.put(']');
  return true;
}

// RFC 7871 section 6.
void DnsPrinter::client_subnet(std::size_t at, std::size_t size) {
  if (size < 4) return void(p_.put_invalid());
  const unsigned family = in_.be16(at);
  const unsigned source_bits = in_.u8(at + 2);
  const unsigned scope_bits = in_.u8(at + 3);
  const unsigned address_bits = family == 1 ? 32 : 128;
  if ((family != 1 && family != 2) || size - 4 > address_bits / 8 || source_bits > address_bits ||
      scope_bits > address_bits || (source_bits + 7) / 8 != size - 4) {
    p_.put_invalid();
    return;
  }
  std::uint8_t address[16] = {};
  for (std::size_t i = 0; i < size - 4; ++i) address[i] = in_.u8(at + 4 + i);
  if (family == 1) {
    p_.out.ipv4(address);
  } else {
    p_.out.ipv6(address);
  }
  p_.out.put('/').dec(source_bits).put('/').dec(scope_bits);
}

void DnsPrinter::edns_option(unsigned option, std::size_t at, std::size_t size) {
  switch (option) {
    case kEdnsClientSubnet:
      return client_subnet(at, size);
    case kEdnsCookie:  // RFC 7873 section 4
      if (size < 8 || (size > 8 && size < 16) || size > 40) return void(p_.put_invalid());
      put_hex_run(p_, in_, at, 8);
      if (size > 8) {
        p_.out.put(' ');
        put_hex_run(p_, in_, at + 8, size - 8);
      }
      return;
    case kEdnsKeepalive:  // RFC 7828: tenths of a second
      if (size != 2) return void(p_.put_invalid());
      p_.out.dec(in_.be16(at) / 10u).put('.').dec(in_.be16(at) % 10u).put(" sec");
      return;
    case kEdnsExpire:
      if (size != 4) return void(p_.put_invalid());
      p_.out.dec(in_.be32(at)).put(" sec");
      return;
    case kEdnsPadding:
      p_.out.put('(').dec(size).put(')');
      return;
    case kEdnsKeyTag:
      if (size % 2 != 0) return void(p_.put_invalid());
      for (std::size_t i = 0; i < size; i += 2) {
        if (i > 0) p_.out.put(' ');
        p_.out.dec(in_.be16(at + i));
      }
      return;
    case kEdnsAlgorithms:
    case kEdnsDsHashes:
    case kEdnsNsec3Hashes:
      for (std::size_t i = 0; i < size; ++i) {
        if (i > 0) p_.out.put(' ');
        std::span<const Token> table = kDnssecAlgorithms;
        if (option == kEdnsDsHashes) table = kDsHashes;
        if (option == kEdnsNsec3Hashes) table = kNsec3Hashes;
        p_.token(table, in_.u8(at + i), "Alg_");
      }
      return;
    case kEdnsChain:
      (void)put_dns_name(p_, in_, at, at + size);
      return;
    default:
      put_hex_run(p_, in_, at, size);
  }
}

// One record at least; then the others, comma between.
Next DnsPrinter::records(std::size_t at, unsigned count) {
  if (count == 0) return at;
  Next next = record(at);
  while (next && --count > 0 && *next < end() && !p_.truncated()) {
    p_.out.put(',');
    next = record(*next);
  }
  return count == 0 ? next : Next();
}

Next DnsPrinter::more_section(std::size_t at, unsigned count, std::string_view title) {
  if (count == 0) return at;
  if (at >= end()) return {};
  p_.out.put(title);
  return records(at, count);
}

// The upper bits of the response code stand in an OPT record (RFC 6891 section 6.1.3): looked for
// before anything is printed.
unsigned DnsPrinter::extended_rcode() const {
  const unsigned low = in_.be16(2) & 15u;
  std::size_t at = kHeaderBytes;
  for (unsigned left = in_.be16(4); left > 0; --left) {
    const Next next = skip_dns_name(in_, at);
    if (!next || *next + 4 >= end()) return low;
    at = *next + 4;
  }
  for (unsigned left = in_.be16(6) + unsigned{in_.be16(8)}; left > 0; --left) {
    const Next next = skip_dns_name(in_, at);
    if (!next || !in_.has(*next + 8, 2)) return low;
    at = *next + 10 + in_.be16(*next + 8);
    if (at >= end()) return low;
  }
  for (unsigned left = in_.be16(10); left > 0; --left) {
    const Next next = skip_dns_name(in_, at);
    if (!next || !in_.has(*next, 2) || !in_.has(*next + 4, 1)) return low;
    if (in_.be16(*next) == kDnsOpt) return low | unsigned{in_.u8(*next + 4)} << 4;
    if (!in_.has(*next + 8, 2)) return low;
    at = *next + 10 + in_.be16(*next + 8);
    if (at >= end()) return low;
  }
  return low;
}

Next DnsPrinter::response(std::uint16_t flags) {
  const unsigned rcode = extended_rcode();
  p_.out.dec(in_.be16(0)).put(kDnsOpcodes[flags >> 11 & 15]);
  if (rcode < std::size(kDnsRcodes)) {
    p_.out.put(kDnsRcodes[rcode]);
  } else {
    p_.out.put(" Resp").dec(rcode & 0xfff);
  }
  if ((flags & kDnsAuthoritative) != 0) p_.out.put('*');
  if ((flags & kDnsRecursionAvailable) == 0) p_.out.put('-');
  if ((flags & kDnsTruncated) != 0) p_.out.put('|');
  if ((flags & kDnsAuthenticData) != 0) p_.out.put('$');
  const unsigned questions = in_.be16(4);
  if (questions != 1) p_.out.put(" [").dec(questions).put("q]");
  std::size_t at = kHeaderBytes;
  for (unsigned i = 0; i < questions && !p_.truncated(); ++i) {
    if (i != 0) p_.out.put(',');
    Next next;
    if (p_.options.verbosity > 1) {
      p_.out.put(" q:");
      next = question(at);
    } else {
      next = skip_dns_name(in_, at);
      if (next) *next += 4;
    }
    if (!next) return {};
    at = *next;
  }
  p_.out.put(' ').dec(in_.be16(6)).put('/').dec(in_.be16(8)).put('/').dec(in_.be16(10));
  Next next = records(at, in_.be16(6));
  if (p_.options.verbosity > 1) {
    if (next) next = more_section(*next, in_.be16(8), " ns:");
    if (next) next = more_section(*next, in_.be16(10), " ar:");
  }
  return next;
}

Next DnsPrinter::query(std::uint16_t flags) {
  p_.out.dec(in_.be16(0)).put(kDnsOpcodes[flags >> 11 & 15]);
  if ((flags & kDnsRecursionDesired) != 0) p_.out.put('+');
  if ((flags & kDnsCheckingDisabled) != 0) p_.out.put('%');
  if ((flags & kDnsOddInQuery) != 0) p_.out.put(" [b2&3=0x").hex(flags).put(']');
  const unsigned questions = in_.be16(4);
  const unsigned answers = in_.be16(6);
  if ((flags >> 11 & 15) == kDnsInverseQuery) {
    if (questions != 0) p_.out.put(" [").dec(questions).put("q]");
    if (answers != 1) p_.out.put(" [").dec(answers).put("a]");
  } else {
    if (answers != 0) p_.out.put(" [").dec(answers).put("a]");
    if (questions != 1) p_.out.put(" [").dec(questions).put("q]");
  }
  if (in_.be16(8) != 0) p_.out.put(" [").dec(in_.be16(8)).put("n]");
  if (in_.be16(10) != 0) p_.out.put(" [").dec(in_.be16(10)).put("au]");
  Next next = kHeaderBytes;
  unsigned left = questions;
  while (left > 0 && (left == questions || *next < end()) && !p_.truncated()) {
    next = question(*next);
    if (!next) return {};
    --left;
  }
  if (left > 0) return {};
  if (p_.options.verbosity > 1) {
    next = records(*next, answers);
    if (next) next = more_section(*next, in_.be16(8), " ns:");
    if (next) next = more_section(*next, in_.be16(10), " ar:");
  }
  return next;
}

void DnsPrinter::print() {
  if (in_.length() < kHeaderBytes) {
    p_.out.put(p_.protocol()).put(" [length ").dec(in_.length()).put(" < 12]");
    p_.put_invalid();
    return;
  }
  if (!in_.need(0, kHeaderBytes)) return;
  const std::uint16_t flags = in_.be16(2);
  const Next done = (flags & kDnsResponse) != 0 ? response(flags) : query(flags);
  if (!done) return p_.truncate();
  p_.out.put(" (").dec(in_.length()).put(')');
}

}  // namespace

void print_dns(Printer& p, Input in) {
  p.set_protocol("domain");
  DnsPrinter(p, in, false).print();
}

void print_mdns(Printer& p, Input in) {
  p.set_protocol("domain");
  DnsPrinter(p, in, true).print();
}

void print_dns_over_tcp(Printer& p, Input in) {
  p.set_protocol("domain");
  if (in.length() < 2) {
    p.out.put(" [DNS over TCP: length ").dec(in.length()).put(" < 2]");
    p.put_invalid();
    return;
  }
  // RFC 1035 section 4.2.2: the message's length in front.
  const unsigned prefix = in.be16(0);
  if (prefix != in.length() - 2) {
    p.out.put(" [prefix length(").dec(prefix).put(") != length(").dec(in.length() - 2).put(")]");
    p.put_invalid();
    return;
  }
  p.out.put(' ');
  DnsPrinter(p, in.from(2), false).print();
}

}  // namespace capstan::text
