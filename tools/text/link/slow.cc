// Slow protocols (IEEE 802.3 annex 57A): link aggregation (802.1AX clause 6.4), markers, OAM.
#include "tools/text/fields.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

enum Subtype : std::uint8_t { kLacp = 1, kMarker = 2, kOam = 3 };
constexpr Token kStates[] = {
    {0x01, "Activity"},   {0x02, "Timeout"},      {0x04, "Aggregation"}, {0x08, "Synchronization"},
    {0x10, "Collecting"}, {0x20, "Distributing"}, {0x40, "Default"},     {0x80, "Expired"}};
constexpr Token kLacpTlvs[] = {{0, "Terminator"},
                               {1, "Actor Information"},
                               {2, "Partner Information"},
                               {3, "Collector Information"}};

void put_port_information(Printer& p, const Input& in) {
  p.out.put("\n\t  System ").mac(in.at(2, 6)).put(", System Priority ").dec(in.be16(0));
  p.out.put(", Key ").dec(in.be16(8)).put(", Port ").dec(in.be16(12));
  p.out.put(", Port Priority ").dec(in.be16(10)).put("\n\t  State Flags [");
  p.bits(kStates, in.u8(14)).put(']');
}

void put_lacp(Printer& p, Input in) {
  while (in.length() > 0 && !p.truncated()) {
    const std::uint8_t type = in.u8(0);
    const std::size_t size = in.u8(1);
    if (p.truncated()) return;
    p.out.put("\n\t");
    put_name(p, kLacpTlvs, type, "Unknown").put(" TLV (0x").hex(type, 2).put("), length ");
    p.out.dec(size);
    if (type == 0) return;
    if (size < 2 || size > in.length()) {
      p.out.put("\n\t\t packet is too short");
      return;
    }
    if ((type == 1 || type == 2) && size == 20) put_port_information(p, in.from(2));
    if (type == 3 && size == 16) p.out.put("\n\t  Max Delay ").dec(in.be16(2));
    in = in.from(size);
  }
}

}  // namespace

void print_slow(Printer& p, Input in) {
  p.set_protocol("slow");
  constexpr Token kNames[] = {{kLacp, "LACP"}, {kMarker, "MARKER"}, {kOam, "OAM"}};
  const std::uint8_t subtype = in.u8(0);
  if (p.truncated()) return;
  const bool versioned = subtype == kLacp || subtype == kMarker;
  if (versioned && !in.need(1, 1)) return;
  put_name(p, kNames, subtype, "unknown");
  if (versioned && in.u8(1) != 1) {
    p.out.put(" version ").dec(in.u8(1)).put(" packet not supported");
    return;
  }
  if (versioned) {
    p.out.put('v').dec(in.u8(1));
  } else if (subtype != kOam) {
    p.out.put(" (").dec(subtype).put(')');
  }
  p.out.put(", length ").dec(in.length());
  if (subtype == kLacp && p.verbose()) put_lacp(p, in.from(2));
  if (!versioned && subtype != kOam) p.hex_data(in, "\n\t", in.length());
}

}  // namespace capstan::text
