// IGMP (RFC 1112, 2236, 3376), multicast traceroute, and the headers of DVMRP and PIMv1 over it.
#include "engine/flow/checksum.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

enum Type : std::uint8_t {
  kQuery = 0x11,
  kReportV1 = 0x12,
  kDvmrp = 0x13,
  kPimV1 = 0x14,
  kReportV2 = 0x16,
  kLeave = 0x17,
  kTraceResponse = 0x1e,
  kTrace = 0x1f,
  kReportV3 = 0x22,
};

constexpr Token kRecords[] = {{1, "is_in"}, {2, "is_ex"}, {3, "to_in"},
                              {4, "to_ex"}, {5, "allow"}, {6, "block"}};

void put_length_unless(Printer& p, const Input& in, std::size_t usual) {
  if (in.length() != usual) p.out.put(" [len ").dec(in.length()).put(']');
}

// A time of tenths of a second, RFC 3376 section 4.1.1: large ones as mantissa and exponent.
unsigned expand_code(unsigned code) noexcept {
  return code < 128 ? code : ((code & 15U) | 16U) << ((code >> 4 & 7U) + 3);
}

void put_query_v3(Printer& p, const Input& in) {
  p.out.put(" v3");
  if (in.length() < 12) {
    p.out.put(" [invalid len ").dec(in.length()).put(']');
    return;
  }
  const unsigned max_response = expand_code(in.u8(1));
  if (max_response != 100) {
    p.out.put(" [max resp time ");
    if (max_response < 600) {
      p.out.dec(max_response / 10).put('.').dec(max_response % 10).put('s');
    } else {
      p.duration(max_response / 10);
      if (max_response % 10 != 0) p.out.put('.').dec(max_response % 10).put('s');
    }
    p.out.put(']');
  }
  if (in.be32(4) == 0) return;
  p.out.put(" [gaddr ");
  p.host4(in.at(4, 4));
  const std::size_t sources = in.be16(10);
  if (sources > 0) {
    if (in.length() < 12 + sources * 4) {
      p.out.put(" [invalid number of sources ").dec(sources).put(']');
    } else if (p.options.verbosity > 1) {
      p.out.put(" {");
      for (std::size_t i = 0; i < sources && !p.truncated(); ++i) {
        p.out.put(' ');
        p.host4(in.at(12 + 4 * i, 4));
      }
      p.out.put(" }");
    } else {
      p.out.put(", ").dec(sources).put(" source(s)");
    }
  }
  p.out.put(']');
}

void put_query(Printer& p, const Input& in) {
  p.out.put("igmp query");
  if (in.length() >= 12) {
    put_query_v3(p, in);
    return;
  }
  const unsigned max_response = in.u8(1);
  if (p.truncated()) return;
  if (max_response != 0) {
    p.out.put(" v2");
    if (max_response != 100) {
      p.out.put(" [max resp time ").dec(max_response).put(']');
    }
  } else {
    p.out.put(" v1");
  }
  if (in.be32(4) != 0) {
    p.out.put(" [gaddr ");
    p.host4(in.at(4, 4)).put(']');
  }
  put_length_unless(p, in, 8);
}

void put_group_record(Printer& p, const Input& in, std::size_t at, std::size_t sources) {
  p.out.put(" [gaddr ");
  p.host4(in.at(at + 4, 4));
  p.out.put(' ').put(find_token(kRecords, in.u8(at)) != nullptr ? find_token(kRecords, in.u8(at))
                                                                : " [v3-report-#");
  if (find_token(kRecords, in.u8(at)) == nullptr) p.out.dec(in.u8(at)).put(']');
  p.out.put(" {");
  for (std::size_t i = 0; i < sources && !p.truncated(); ++i) {
    p.out.put(' ');
    p.host4(in.at(at + 8 + 4 * i, 4));
  }
  p.out.put(" }]");
}

void put_report_v3(Printer& p, const Input& in) {
  p.out.put("igmp v3 report");
  if (in.length() < 16 || (in.length() & 0x03) != 0) {
    p.out.put(" [invalid len ").dec(in.length()).put(']');
    return;
  }
  const unsigned groups = in.be16(6);
  p.out.put(", ").dec(groups).put(" group record(s)");
  if (!p.verbose()) return;
  std::size_t at = 8;
  for (unsigned i = 0; i < groups && !p.truncated(); ++i) {
    if (in.length() < at + 8) {
      p.out.put(" [invalid number of groups]");
      return;
    }
    const std::size_t sources = in.be16(at + 2);
    if (in.length() < at + 8 + sources * 4) {
      p.out.put(" [gaddr ");
      p.host4(in.at(at + 4, 4));
      p.out.put(" [invalid number of sources ").dec(sources).put("]");
      return;
    }
    const bool spelled_out = p.options.verbosity > 1;
    if (spelled_out) {
      put_group_record(p, in, at, sources);
    } else {
      p.out.put(" [gaddr ");
      p.host4(in.at(at + 4, 4));
      if (const char* name = find_token(kRecords, in.u8(at))) {
        p.out.put(' ').put(name);
      } else {
        p.out.put("  [v3-report-#").dec(in.u8(at)).put(']');
      }
      p.out.put(", ").dec(sources).put(" source(s)]");
    }
    at += 8 + sources * 4;
  }
}

// draft-ietf-idmr-traceroute-ipm
void put_trace(Printer& p, const Input& in) {
  if (in.length() < 24) {
    p.out.put(" [invalid len ").dec(in.length()).put(']');
    return;
  }
  p.out.put("mtrace ").dec(in.be24(21)).put(": ");
  p.host4(in.at(8, 4)).put(" to ");
  p.host4(in.at(12, 4)).put(" reply-to ");
  p.host4(in.at(16, 4));
  if ((in.be32(4) & 0xf0000000U) == 0xe0000000U) p.out.put(" with-ttl ").dec(in.u8(20));
}

constexpr Token kDvmrpCodes[] = {
    {1, " Probe"},     {2, " Report"},         {3, " Ask-neighbors"},
    {4, " Neighbors"}, {5, " Ask-neighbors2"}, {6, " Neighbors2"},
    {7, " Prune"},     {8, " Graft"},          {9, " Graft-ACK"},
};

void put_dvmrp(Printer& p, const Input& in) {
  p.out.put("igmp dvmrp");
  if (in.length() < 8) {
    p.out.put(" [len ").dec(in.length()).put(']');
    return;
  }
  p.token(kDvmrpCodes, in.u8(1), " [type ", "]");
}

constexpr Token kPimV1Codes[] = {
    {0, " Query"},        {1, " Register"}, {2, " Register-Stop"}, {3, " Join/Prune"},
    {4, " RP-reachable"}, {5, " Assert"},   {6, " Graft"},         {7, " Graft-ACK"},
};

void put_pim_v1(Printer& p, const Input& in) {
  p.out.put("igmp pimv1");
  p.token(kPimV1Codes, in.u8(1), " [type ", "]");
  if ((in.u8(4) >> 4) != 1) p.out.put(" [v").dec(in.u8(4) >> 4).put(']');
}

}  // namespace

void print_igmp(Printer& p, Input in) {
  p.set_protocol("igmp");
  if (p.options.quiet) {
    p.out.put("igmp");
    return;
  }
  const std::uint8_t type = in.u8(0);
  switch (type) {
    case kQuery:
      put_query(p, in);
      break;
    case kReportV1:
      p.out.put("igmp v1 report ");
      p.host4(in.at(4, 4));
      put_length_unless(p, in, 8);
      break;
    case kReportV2:
      p.out.put("igmp v2 report ");
      p.host4(in.at(4, 4));
      break;
    case kReportV3:
      put_report_v3(p, in);
      break;
    case kLeave:
      p.out.put("igmp leave ");
      p.host4(in.at(4, 4));
      break;
    case kDvmrp:
      put_dvmrp(p, in);
      break;
    case kPimV1:
      put_pim_v1(p, in);
      break;
    case kTraceResponse:
      p.out.put("igmp mresp ");
      break;
    case kTrace:
      p.out.put("igmp mtrace ");
      put_trace(p, in);
      break;
    default:
      p.out.put("igmp-").dec(type);
  }
  if (p.verbose() && !p.truncated() && in.has(0, in.length())) {
    const std::uint16_t error = checksum_error(in.bytes().first(in.length()));
    if (error != 0) p.out.put(" bad igmp cksum ").hex(in.be16(2)).put('!');
  }
}

}  // namespace capstan::text
