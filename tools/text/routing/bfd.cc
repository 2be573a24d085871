// BFD control and echo packets (RFC 5880, 5881; version 0 as first drafted).
#include "tools/text/fields.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr std::size_t kControlBytes = 24;
constexpr std::uint16_t kEchoPort = 3785;
constexpr unsigned kHasAuthentication = 0x04;

constexpr Token kPorts[] = {{3784, "Control"}, {4784, "Multihop"}, {6784, "Lag"}};
constexpr Token kStates[] = {
    {0, "AdminDown"},
    {1, "Down"},
    {2, "Init"},
    {3, "Up"},
};
constexpr Token kFlags1[] = {
    {0x20, "Poll"},
    {0x10, "Final"},
    {0x8, "Control Plane Independent"},
    {0x4, "Authentication Present"},
    {0x2, "Demand"},
    {0x1, "Multipoint"},
};
constexpr Token kFlags0[] = {
    {0x80, "I Hear You"},
    {0x40, "Demand"},
    {0x20, "Poll"},
    {0x10, "Final"},
    {0x8, "Control Plane Independent"},
    {0x4, "Authentication Present"},
    {0x2, "Reserved"},
    {0x1, "Reserved"},
};
constexpr Token kDiagnostics[] = {
    {0, "No Diagnostic"},
    {1, "Control Detection Time Expired"},
    {2, "Echo Function Failed"},
    {3, "Neighbor Signaled Session Down"},
    {4, "Forwarding Plane Reset"},
    {5, "Path Down"},
    {6, "Concatenated Path Down"},
    {7, "Administratively Down"},
    {8, "Reverse Concatenated Path Down"},
};
constexpr Token kAuthenticationTypes[] = {
    {1, "Simple Password"},       {2, "Keyed MD5"}, {3, "Meticulous Keyed MD5"}, {4, "Keyed SHA1"},
    {5, "Meticulous Keyed SHA1"},
};

// RFC 5880 sections 4.2 to 4.4.
void put_authentication(Printer& p, const Input& in) {
  if (!in.need(0, 4)) return;
  const unsigned type = in.u8(0);
  const std::size_t size = in.u8(1);
  const char* name = find_token(kAuthenticationTypes, type);
  p.out.put("\n\tAuthentication: ").put(name != nullptr ? name : "Unknown").put(" (").dec(type);
  p.out.put("), length: ").dec(size).put("\n\t  Auth Key ID: ").dec(in.u8(2));
  if (name == nullptr) return;
  constexpr unsigned kPassword = 1;
  if (type == kPassword) {
    if (size < 4 || size > 19) {
      p.out.put("[invalid length ").dec(size).put(']');
      return;
    }
    p.out.put(", Password: ");
    p.safe_text(in.from(3), size - 3);
    return;
  }
  const bool md5 = type <= 3;
  const std::size_t hash = md5 ? 16 : 20;
  if (size != hash + 8) {
    p.out.put("[invalid length ").dec(size).put(']');
    return;
  }
  if (!in.need(4, 4)) return;
  p.out.put(", Sequence Number: ").hex0x(in.be32(4), 8);
  if (!in.need(8, hash)) return;
  p.out.put(md5 ? "\n\t  Digest: " : "\n\t  Hash: ");
  put_hex_run(p, in, 8, hash);
}

void put_interval(Printer& p, const Input& in, std::size_t at, std::string_view title) {
  p.out.put(title).dec_padded(in.be32(at) / 1000, 4, ' ').put(" ms");
}

void put_details(Printer& p, const Input& in) {
  const unsigned diagnostic = in.u8(0) & 0x1f;
  const char* name = find_token(kDiagnostics, diagnostic);
  p.out.put("], Diagnostic: ").put(name != nullptr ? name : "unknown").put(" (");
  p.out.hex0x(diagnostic, 2).put(')');
  const std::uint32_t multiplier = in.u8(2);
  p.out.put("\n\tDetection Timer Multiplier: ").dec(multiplier).put(" (");
  p.out.dec(multiplier * in.be32(12) / 1000).put(" ms Detection time), BFD Length: ").dec(in.u8(3));
  p.out.put("\n\tMy Discriminator: ").hex0x(in.be32(4), 8);
  p.out.put(", Your Discriminator: ").hex0x(in.be32(8), 8);
  put_interval(p, in, 12, "\n\t  Desired min Tx Interval:    ");
  put_interval(p, in, 16, "\n\t  Required min Rx Interval:   ");
  put_interval(p, in, 20, "\n\t  Required min Echo Interval: ");
  if ((in.u8(1) & kHasAuthentication) != 0) put_authentication(p, in.from(kControlBytes));
}

void put_control(Printer& p, const Input& in, std::uint16_t port) {
  if (!in.need(0, kControlBytes)) return;
  const unsigned version = in.u8(0) >> 5;
  const unsigned flags = in.u8(1);
  p.out.put("BFDv").dec(version).put(", ");
  if (version > 1) {
    p.out.put("Control, length: ").dec(in.length());
    if (p.verbose()) put_data(p, in, 0, in.length(), "\n\t");
    return;
  }
  if (p.verbose()) p.out.put("length: ").dec(in.length()).put("\n\t");
  if (version == 0) {
    p.out.put("Control");
  } else {
    p.token(kPorts, port, "unknown (", ")").put(", State ");
    p.token(kStates, flags >> 6, "unknown (", ")");
  }
  p.out.put(", Flags: [");
  if (version == 0) {
    p.bits(kFlags0, flags);
  } else {
    p.bits(kFlags1, flags & 0x3f);
  }
  if (p.verbose()) return put_details(p, in);
  p.out.put("], length: ").dec(in.length());
}

}  // namespace

void print_bfd(Printer& p, Input in) {
  p.set_protocol("bfd");
  const std::uint16_t port = p.around.destination_port;
  if (port != kEchoPort) return put_control(p, in, port);
  p.out.put("BFD, Echo, length: ").dec(in.length());
  if (p.verbose()) put_data(p, in, 0, in.length(), "\n\t");
}

}  // namespace capstan::text
