// sFlow version 5 datagrams (sflow.org/sflow_version_5.txt section 5): the head, and with -v the
// kind and size of every sample.
#include "tools/text/protocols.h"

namespace capstan::text {

void print_sflow(Printer& p, Input in) {
  p.set_protocol("sflow");
  constexpr std::size_t kHeadBytes = 28;
  const std::uint32_t version = in.be32(0);
  const std::uint32_t family = in.be32(4);
  if (p.truncated()) return;
  if (version != 5 || (family != 1 && family != 2)) {
    p.out.put("sFlow version ").dec(version).put(" packet not supported");
    return;
  }
  const std::size_t address_bytes = family == 1 ? 4 : 16;
  p.out.put("sFlowv5, ").put(family == 1 ? "IPv4" : "IPv6").put(" agent ");
  if (family == 1) {
    p.out.ipv4(in.at(8, 4));
  } else {
    p.out.ipv6(in.at(8, 16));
  }
  const Input rest = in.from(8 + address_bytes);
  p.out.put(", agent-id ").dec(rest.be32(0));
  if (!p.verbose()) {
    p.out.put(", length ").dec(in.length());
    return;
  }
  p.out.put(", seqnum ").dec(rest.be32(4)).put(", uptime ").dec(rest.be32(8));
  const std::uint32_t samples = rest.be32(12);
  p.out.put(", samples ").dec(samples).put(", length ").dec(in.length());
  Input sample = rest.from(kHeadBytes - 12);
  constexpr Token kFormats[] = {{1, "flow sample"},
                                {2, "counter sample"},
                                {3, "expanded flow sample"},
                                {4, "expanded counter sample"}};
  for (std::uint32_t i = 0; i < samples && sample.length() >= 8 && !p.truncated(); ++i) {
    const std::uint32_t format = sample.be32(0) & 0xfffU;
    const std::size_t size = sample.be32(4);
    p.out.put("\n\t");
    p.token(kFormats, format, "Unknown (", ")").put(" (").dec(format).put("), length ");
    p.out.dec(size).put(',');
    if (size > sample.length() - 8) break;
    sample = sample.from(8 + size);
  }
}

}  // namespace capstan::text
