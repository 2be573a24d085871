// sFlow version 5 datagrams (sflow.org/sflow_version_5.txt section 5): the head, and with -v the
// counters of counter samples; of flow samples kind and size.
#include "tools/text/fields.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr Token kSamples[] = {{1, "flow sample"},
                              {2, "counter sample"},
                              {3, "expanded flow sample"},
                              {4, "expanded counter sample"}};
constexpr Token kCounters[] = {{1, "Generic counter"},    {2, "Ethernet counter"},
                               {3, "Token ring counter"}, {4, "100 BASE VG counter"},
                               {5, "Vlan counter"},       {1001, "Processor counter"}};
constexpr Token kDirections[] = {
    {0, "unknown"}, {1, "full-duplex"}, {2, "half-duplex"}, {3, "in"}, {4, "out"}};

void put_generic(Printer& p, const Input& in) {
  constexpr std::size_t kBytes = 88;
  if (in.length() < kBytes) return void(p.put_invalid());
  p.out.put("\n\t      ifindex ").dec(in.be32(0)).put(", iftype ").dec(in.be32(4));
  p.out.put(", ifspeed ").dec(in.be64(8)).put(", ifdirection ").dec(in.be32(16)).put(" (");
  put_name(p, kDirections, in.be32(16), "Unknown").put(')');
  const std::uint32_t status = in.be32(20);
  p.out.put("\n\t      ifstatus ").dec(status);
  p.out.put(", adminstatus: ").put((status & 1) != 0 ? "up" : "down");
  p.out.put(", operstatus: ").put((status & 2) != 0 ? "up" : "down");
  p.out.put("\n\t      In octets ").dec(in.be64(24)).put(", unicast pkts ").dec(in.be32(32));
  p.out.put(", multicast pkts ").dec(in.be32(36)).put(", broadcast pkts ").dec(in.be32(40));
  p.out.put(", discards ").dec(in.be32(44));
  p.out.put("\n\t      In errors ").dec(in.be32(48)).put(", unknown protos ").dec(in.be32(52));
  p.out.put("\n\t      Out octets ").dec(in.be64(56)).put(", unicast pkts ").dec(in.be32(64));
  p.out.put(", multicast pkts ").dec(in.be32(68)).put(", broadcast pkts ").dec(in.be32(72));
  p.out.put(", discards ").dec(in.be32(76));
  p.out.put("\n\t      Out errors ").dec(in.be32(80)).put(", promisc mode ").dec(in.be32(84));
}

void put_ethernet(Printer& p, const Input& in) {
  constexpr std::size_t kBytes = 52;
  if (in.length() < kBytes) return void(p.put_invalid());
  p.out.put("\n\t      align errors ").dec(in.be32(0)).put(", fcs errors ").dec(in.be32(4));
  p.out.put(", single collision ").dec(in.be32(8)).put(", multiple collision ").dec(in.be32(12));
  p.out.put(", test error ").dec(in.be32(16));
  p.out.put("\n\t      deferred ").dec(in.be32(20)).put(", late collision ").dec(in.be32(24));
  p.out.put(", excessive collision ").dec(in.be32(28)).put(", mac trans error ").dec(in.be32(32));
  p.out.put("\n\t      carrier error ").dec(in.be32(36)).put(", frames too long ").dec(in.be32(40));
  p.out.put(", mac receive errors ").dec(in.be32(44)).put(", symbol errors ").dec(in.be32(48));
}

// Counter records: a format (enterprise and number), a length and the counters.
void put_counters(Printer& p, Input in, std::uint32_t records) {
  for (std::uint32_t i = 0; i < records && in.length() >= 8 && !p.truncated(); ++i) {
    const std::uint32_t format = in.be32(0) & 0xfffU;
    const std::uint32_t enterprise = in.be32(0) >> 12;
    const std::size_t size = in.be32(4);
    p.out.put("\n\t    enterprise ").dec(enterprise).put(", ");
    put_name(p, kCounters, format, "Unknown").put(" (").dec(format).put(") length ").dec(size);
    const Input body = in.from(8);
    if (size > body.length()) return;
    if (enterprise == 0 && format == 1) put_generic(p, body.with_length(size));
    if (enterprise == 0 && format == 2) put_ethernet(p, body.with_length(size));
    in = body.from(size);
  }
}

// The two kinds of counter sample differ in how the source is written.
void put_counter_sample(Printer& p, const Input& in, bool expanded) {
  p.out.put(" seqnum ").dec(in.be32(0));
  const std::uint32_t source = in.be32(4);
  p.out.put(", type ").dec(expanded ? source : source >> 24).put(", idx ");
  p.out.dec(expanded ? in.be32(8) : source & 0xffffffU);
  const std::size_t at = expanded ? 12 : 8;
  const std::uint32_t records = in.be32(at);
  p.out.put(", records ").dec(records);
  put_counters(p, in.from(at + 4), records);
}

}  // namespace

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
  for (std::uint32_t i = 0; i < samples && sample.length() >= 8 && !p.truncated(); ++i) {
    const std::uint32_t format = sample.be32(0) & 0xfffU;
    const std::size_t size = sample.be32(4);
    p.out.put("\n\t");
    p.token(kSamples, format, "Unknown (", ")").put(" (").dec(format).put("), length ");
    p.out.dec(size).put(',');
    if (size > sample.length() - 8) break;
    const Input body = sample.from(8).with_length(size);
    if (format == 2 || format == 4) put_counter_sample(p, body, format == 4);
    sample = sample.from(8 + size);
  }
}

}  // namespace capstan::text
