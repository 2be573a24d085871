// The link state advertisements of OSPFv2 (RFC 2328 appendix A.4, RFC 5250, RFC 3623).
#include "tools/text/routing/ospf.h"

namespace capstan::text {

namespace {

enum Type : std::uint8_t {
  kRouter = 1,
  kNetwork = 2,
  kSummary = 3,
  kSummaryAsbr = 4,
  kExternal = 5,
  kMulticast = 6,
  kNssa = 7,
  kOpaqueLink = 9,
  kOpaqueArea = 10,
  kOpaqueDomain = 11,
};
constexpr Token kTypes[] = {
    {kRouter, "Router"},
    {kNetwork, "Network"},
    {kSummary, "Summary"},
    {kSummaryAsbr, "ASBR Summary"},
    {kExternal, "External"},
    {kMulticast, "Multicast"},
    {kNssa, "NSSA"},
    {kOpaqueLink, "Link Local Opaque"},
    {kOpaqueArea, "Area Local Opaque"},
    {kOpaqueDomain, "Domain Local Opaque"},
};
constexpr Token kOpaqueTypes[] = {
    {1, "Traffic Engineering"}, {3, "Graceful restart"}, {4, "Router Information"}};
constexpr Token kOptions[] = {{0x01, "MultiTopology"}, {0x02, "External"}, {0x04, "Multicast"},
                              {0x08, "NSSA"},          {0x10, "LLS"},      {0x20, "Demand Circuit"},
                              {0x40, "Opaque"},        {0x80, "Up/Down"}};
constexpr Token kRouterFlags[] = {
    {0x01, "ABR"}, {0x02, "ASBR"}, {0x10, "Nssa ABR"}, {0x04, "Virtual"}, {0x08, "W"}};
constexpr Token kGraceTlvs[] = {
    {1, "Grace Period"}, {2, "Graceful restart Reason"}, {3, "IPv4 interface address"}};
constexpr Token kInformationTlvs[] = {{1, "Router Capabilities"}};
constexpr Token kTeTlvs[] = {{1, "Router Address"}, {2, "Link"}};

bool is_opaque(std::uint32_t type) noexcept { return type >= kOpaqueLink && type <= kOpaqueDomain; }

// Metrics by topology: the first 4 bytes of `in` say how many follow (RFC 4915).
void put_topologies(Printer& p, const Input& in, std::size_t count, bool first_is_default,
                    std::uint16_t default_metric) {
  if (first_is_default) {
    p.out.put("\n\t\ttopology default (0), metric ").dec(default_metric);
  }
  for (std::size_t i = 0; i < count && !p.truncated(); ++i) {
    const std::uint8_t number = in.u8(4 * i);
    const std::uint16_t metric = in.be16(4 * i + 2);
    p.out.put("\n\t\ttopology ").put(number == 0 ? "default" : "unknown").put(" (").dec(number);
    p.out.put("), metric ").dec(metric);
  }
}

void put_router(Printer& p, const Input& body, std::size_t size) {
  const std::uint8_t flags = body.u8(0);
  p.out.put("\n\t    Router LSA Options: [");
  p.bits(kRouterFlags, flags).put(']');
  const std::size_t links = body.be16(2);
  std::size_t at = 4;
  for (std::size_t i = 0; i < links && at < size && !p.truncated(); ++i) {
    if (!body.need(at, 12)) return;
    const std::uint8_t type = body.u8(at + 8);
    const std::uint8_t* id = body.at(at, 4);
    const std::uint8_t* data = body.at(at + 4, 4);
    switch (type) {
      case 4:
        p.out.put("\n\t      Virtual Link: Neighbor Router-ID: ");
        p.host4(id).put(", Interface Address: ");
        p.host4(data);
        break;
      case 1:
        p.out.put("\n\t      Neighbor Router-ID: ");
        p.host4(id).put(", Interface Address: ");
        p.host4(data);
        break;
      case 2:
        p.out.put("\n\t      Neighbor Network-ID: ");
        p.host4(id).put(", Interface Address: ");
        p.host4(data);
        break;
      case 3:
        p.out.put("\n\t      Stub Network: ");
        p.host4(id).put(", Mask: ");
        p.host4(data);
        break;
      default:
        p.out.put("\n\t      Unknown Router Link Type (").dec(type).put(')');
        return;
    }
    const std::size_t topologies = body.u8(at + 9);
    put_topologies(p, body.from(at + 12), topologies, true, body.be16(at + 10));
    at += 12 + topologies * 4;
  }
}

void put_network(Printer& p, const Input& body, std::size_t size) {
  p.out.put("\n\t    Mask ");
  p.host4(body.at(0, 4));
  p.out.put("\n\t    Connected Routers:");
  for (std::size_t at = 4; at < size && !p.truncated(); at += 4) {
    const std::uint8_t* router = body.at(at, 4);
    p.out.put("\n\t      ");
    p.host4(router);
  }
}

void put_summary(Printer& p, const Input& body, std::size_t size) {
  p.out.put("\n\t    Mask ");
  p.host4(body.at(0, 4));
  for (std::size_t at = 4; at < size && !p.truncated(); at += 4) {
    const std::uint32_t field = body.be32(at);
    const std::uint32_t number = field >> 24 & 0x7fU;
    p.out.put("\n\t\ttopology ").put(number == 0 ? "default" : "unknown").put(" (").dec(number);
    p.out.put(") metric ").dec(field & 0xffffffU);
  }
}

void put_external(Printer& p, const Input& body, std::size_t size) {
  p.out.put("\n\t    Mask ");
  p.host4(body.at(0, 4));
  for (std::size_t at = 4; at < size && !p.truncated(); at += 12) {
    const std::uint32_t field = body.be32(at);
    const std::uint32_t number = field >> 24 & 0x7fU;
    p.out.put("\n\t\ttopology ").put(number == 0 ? "default" : "unknown").put(" (").dec(number);
    p.out.put("), type ").dec((field >> 31) != 0 ? 2U : 1U).put(", metric ");
    if ((field & 0xffffffU) == 0xffffffU) {
      p.out.put("infinite");
    } else {
      p.out.dec(field & 0xffffffU);
    }
    if (body.be32(at + 4) != 0) {
      p.out.put(", forward ");
      p.host4(body.at(at + 4, 4));
    }
    if (body.be32(at + 8) != 0) p.out.put(", tag ").ipv4(body.at(at + 8, 4));
  }
}

const char* opaque_tlv_name(std::uint8_t opaque, std::uint16_t type) noexcept {
  if (opaque == 1) return find_token(kTeTlvs, type);
  if (opaque == 3) return find_token(kGraceTlvs, type);
  return find_token(kInformationTlvs, type);
}

// False when the TLVs cannot be followed further.
bool put_opaque_value(Printer& p, const Input& value, std::uint8_t opaque, std::uint16_t type,
                      std::size_t size) {
  if (opaque == 3 && type == 1) {
    if (size != 4) {
      p.out.put("\n\t    Bogus length ").dec(size).put(" != 4");
      return false;
    }
    p.out.dec(value.be32(0)).put('s');
  } else if (opaque == 3 && type == 2) {
    static constexpr Token kReasons[] = {{0, "Unknown"},
                                         {1, "Software Restart"},
                                         {2, "Software Reload/Upgrade"},
                                         {3, "Control Process Switch"}};
    const char* name = find_token(kReasons, value.u8(0));
    p.out.put(name != nullptr ? name : "Unknown").put(" (").dec(value.u8(0)).put(')');
  } else if (opaque == 3 && type == 3) {
    p.host4(value.at(0, 4));
  } else if (opaque == 1 && type == 1) {
    p.out.put(", ");
    p.host4(value.at(0, 4));
  } else if (opaque == 4 && type == 1) {
    if (size != 4) {
      p.out.put("\n\t    Bogus length ").dec(size).put(" != 4");
      return false;
    }
    static constexpr Token kCapabilities[] = {{0x80000000, "Graceful restart capable"},
                                              {0x40000000, "Graceful restart helper"},
                                              {0x20000000, "Stub router support"},
                                              {0x10000000, "Traffic engineering support"},
                                              {0x08000000, "p2p over LAN"},
                                              {0x04000000, "path computation server"}};
    p.out.put("Capabilities: ");
    p.bits(kCapabilities, value.be32(0), ", ", "Unknown");
  } else if (p.options.verbosity <= 1) {
    p.hex_data(value, "\n\t      ", size);
  }
  return true;
}

void put_opaque(Printer& p, const Input& lsa, std::size_t size) {
  const std::uint8_t opaque = lsa.u8(4);
  if (opaque != 1 && opaque != 3 && opaque != 4) {
    if (p.options.verbosity <= 1) p.hex_data(lsa.from(kLsaHeaderBytes), "\n\t    ", size);
    return;
  }
  Input tlv = lsa.from(kLsaHeaderBytes);
  std::size_t left = size;
  while (left != 0 && !p.truncated()) {
    if (left < 4) {
      p.out.put("\n\t    Remaining LS length ").dec(left).put(" < 4");
      return;
    }
    const std::uint16_t type = tlv.be16(0);
    const std::size_t length = tlv.be16(2);
    tlv = tlv.from(4);
    left -= 4;
    const char* name = opaque_tlv_name(opaque, type);
    p.out.put("\n\t    ").put(name != nullptr ? name : "unknown").put(" TLV (").dec(type);
    p.out.put("), length: ").dec(length).put(opaque == 1 ? "" : ", value: ");
    if (length > left) {
      p.out.put("\n\t    Bogus length ").dec(length).put(" > remaining LS length ").dec(left);
      return;
    }
    if (!tlv.need(0, length) || !put_opaque_value(p, tlv, opaque, type, length)) return;
    // Values fill whole words in traffic engineering (RFC 3630 section 2.3.2) alone.
    const std::size_t step = opaque == 1 ? (length + 3) & ~std::size_t{3} : length;
    left -= step < left ? step : left;
    tlv = tlv.from(step);
  }
}

}  // namespace

const char* ospf2_lsa_name(std::uint32_t type) noexcept { return find_token(kTypes, type); }

void print_ospf2_options(Printer& p, std::uint8_t options) { p.bits(kOptions, options); }

void print_ospf2_lsa_id(Printer& p, std::uint32_t type, const Input& id) {
  if (is_opaque(type)) {
    const char* name = find_token(kOpaqueTypes, id.u8(0));
    p.out.put(", Opaque-Type ").put(name != nullptr ? name : "unknown").put(" LSA (");
    p.out.dec(id.u8(0)).put("), Opaque-ID ").dec(id.be24(1));
  } else {
    const std::uint8_t* address = id.at(0, 4);
    p.out.put(", LSA-ID: ");
    p.host4(address);
  }
}

std::size_t print_ospf2_lsa_header(Printer& p, const Input& in) {
  if (!in.need(0, kLsaHeaderBytes)) return 0;
  const std::size_t size = in.be16(18);
  const std::uint8_t type = in.u8(3);
  p.out.put("\n\t  Advertising Router ");
  p.host4(in.at(8, 4)).put(", seq 0x").hex(in.be32(12), 8).put(", age ").dec(in.be16(0));
  p.out.put("s, length ");
  p.out.dec(size < kLsaHeaderBytes ? 0 : size - kLsaHeaderBytes);
  const char* name = ospf2_lsa_name(type);
  p.out.put("\n\t    ").put(name != nullptr ? name : "unknown").put(" LSA (").dec(type).put(')');
  print_ospf2_lsa_id(p, type, in.from(4));
  p.out.put("\n\t    Options: [");
  print_ospf2_options(p, in.u8(2));
  p.out.put(']');
  return size;
}

void print_ospf2_lsa_body(Printer& p, const Input& lsa, std::size_t size) {
  const Input body = lsa.from(kLsaHeaderBytes);
  const std::uint8_t type = lsa.u8(3);
  switch (type) {
    case kRouter:
      put_router(p, body, size);
      break;
    case kNetwork:
      put_network(p, body, size);
      break;
    case kSummary:
    case kSummaryAsbr:
      put_summary(p, body, size);
      break;
    case kExternal:
    case kNssa:
      put_external(p, body, size);
      break;
    case kOpaqueLink:
    case kOpaqueArea:
    case kOpaqueDomain:
      put_opaque(p, lsa, size);
      break;
    default:
      if (p.options.verbosity <= 1) p.hex_data(body, "\n\t    ", size);
  }
  if (p.options.verbosity > 1 && !p.truncated()) p.hex_data(body, "\n\t    ", size);
}

}  // namespace capstan::text
