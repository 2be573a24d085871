// TFTP (RFC 1350) and its options (RFC 2347).
#include "tools/text/fields.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

enum Operation : unsigned { kRead = 1, kWrite, kData, kAck, kError, kOptionsAck };

constexpr Token kOperations[] = {{kRead, "RRQ"}, {kWrite, "WRQ"},   {kData, "DATA"},
                                 {kAck, "ACK"},  {kError, "ERROR"}, {kOptionsAck, "OACK"}};
constexpr Token kErrors[] = {{0, "EUNDEF"}, {1, "ENOTFOUND"}, {2, "EACCESS"}, {3, "ENOSPACE"},
                             {4, "EBADOP"}, {5, "EBADID"},    {6, "EEXISTS"}, {7, "ENOUSER"}};

// Strings that end in a NUL each, a space before those that are not empty.
void put_strings(Printer& p, const Input& in, std::size_t at) {
  while (at < in.length() && !p.truncated()) {
    if (in.u8(at) != 0) p.out.put(' ');
    const std::size_t used = put_text_to_nul(p, in, at, in.length() - at);
    if (used == 0) return p.truncate();
    at += used;
  }
}

void put_request(Printer& p, const Input& in) {
  std::size_t at = 2;
  if (in.length() == at) return p.truncate();
  p.out.put(" \"");
  std::size_t used = put_text_to_nul(p, in, at, in.length() - at);
  p.out.put('"');
  if (used == 0) return p.truncate();
  at += used;
  if (at == in.length()) return p.truncate();
  p.out.put(' ');
  used = put_text_to_nul(p, in, at, in.length() - at);
  if (used == 0) return p.truncate();
  put_strings(p, in, at + used);
}

void put_error(Printer& p, const Input& in) {
  if (in.length() < 4) return p.truncate();
  if (!in.need(2, 2)) return;
  p.out.put(' ');
  p.token(kErrors, in.be16(2), "tftp-err-#", " \"");
  if (in.length() < 5) return p.truncate();
  p.out.put(" \"");
  const std::size_t used = put_text_to_nul(p, in, 4, in.length() - 4);
  p.out.put('"');
  if (used == 0) p.truncate();
}

}  // namespace

void print_tftp(Printer& p, Input in) {
  p.set_protocol("tftp");
  p.out.put("TFTP, length ").dec(in.length());
  if (in.length() < 2) return p.truncate();
  if (!in.need(0, 2)) return;
  const unsigned operation = in.be16(0);
  p.out.put(", ");
  p.token(kOperations, operation, "tftp-#");
  switch (operation) {
    case kRead:
    case kWrite:
      return put_request(p, in);
    case kOptionsAck:
      return put_strings(p, in, 2);
    case kData:
    case kAck:
      if (in.length() < 4) return p.truncate();
      if (!in.need(2, 2)) return;
      p.out.put(" block ").dec(in.be16(2));
      return;
    case kError:
      return put_error(p, in);
    default:
      return;
  }
}

}  // namespace capstan::text
