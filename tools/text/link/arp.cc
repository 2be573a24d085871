// ARP, RARP and InARP (RFC 826, RFC 903, RFC 2390).
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr Token kHardware[] = {
    {1, "Ethernet"}, {6, "TokenRing"},  {7, "ArcNet"}, {15, "FrameRelay"},
    {17, "Strip"},   {24, "IEEE 1394"}, {19, "ATM"},
};

enum Operation : std::uint16_t {
  kRequest = 1,
  kReply = 2,
  kReverseRequest = 3,
  kReverseReply = 4,
  kInverseRequest = 8,
  kInverseReply = 9,
  kNak = 10,
};
constexpr Token kOperations[] = {
    {kRequest, "Request"},
    {kReply, "Reply"},
    {kReverseRequest, "Reverse Request"},
    {kReverseReply, "Reverse Reply"},
    {kInverseRequest, "Inverse Request"},
    {kInverseReply, "Inverse Reply"},
    {kNak, "NACK Reply"},
};

constexpr std::size_t kHeadBytes = 8;

struct Fields {
  Input sender_hardware;
  Input sender_protocol;
  Input target_hardware;
  Input target_protocol;
  std::size_t hardware_bytes;
  std::size_t protocol_bytes;
  std::uint16_t protocol;
};

void put_hardware(Printer& p, const Fields& fields, const Input& address) {
  if (fields.hardware_bytes == 0) {
    p.out.put("<No address>");
    return;
  }
  if (!address.need(0, fields.hardware_bytes)) return;
  p.out.mac(address.data(), fields.hardware_bytes);
}

void put_protocol(Printer& p, const Fields& fields, const Input& address) {
  if (fields.protocol != 0x0800 && fields.protocol != 0x1000) {
    p.out.put("<wrong proto type>");
  } else if (fields.protocol_bytes != 4) {
    p.out.put("<wrong len>");
  } else {
    p.host4(address.at(0, 4));
  }
}

bool is_zero(const Input& address, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (address.bytes().u8(i) != 0) return false;
  }
  return true;
}

void put_request(Printer& p, const Fields& fields) {
  p.out.put("who-has ");
  put_protocol(p, fields, fields.target_protocol);
  if (!is_zero(fields.target_hardware, fields.hardware_bytes)) {
    p.out.put(" (");
    put_hardware(p, fields, fields.target_hardware);
    p.out.put(')');
  }
  p.out.put(" tell ");
  put_protocol(p, fields, fields.sender_protocol);
}

bool put_operation(Printer& p, const Fields& fields, std::uint16_t operation) {
  switch (operation) {
    case kRequest:
      put_request(p, fields);
      return true;
    case kReply:
      put_protocol(p, fields, fields.sender_protocol);
      p.out.put(" is-at ");
      put_hardware(p, fields, fields.sender_hardware);
      return true;
    case kReverseRequest:
    case kInverseRequest:
      p.out.put("who-is ");
      put_hardware(p, fields, fields.target_hardware);
      p.out.put(" tell ");
      put_hardware(p, fields, fields.sender_hardware);
      return true;
    case kReverseReply:
      put_hardware(p, fields, fields.target_hardware);
      p.out.put(" at ");
      put_protocol(p, fields, fields.target_protocol);
      return true;
    case kInverseReply:
      put_hardware(p, fields, fields.sender_hardware);
      p.out.put(" at ");
      put_protocol(p, fields, fields.sender_protocol);
      return true;
    default:
      return false;
  }
}

}  // namespace

void print_arp(Printer& p, Input in) {
  p.set_protocol("arp");
  if (!in.need(0, kHeadBytes)) return;
  const std::uint16_t hardware = in.be16(0);
  const std::uint16_t protocol = in.be16(2);
  const std::size_t hardware_bytes = in.u8(4);
  const std::size_t protocol_bytes = in.u8(5);
  const std::uint16_t operation = in.be16(6);
  const std::size_t pair = hardware_bytes + protocol_bytes;
  if (!in.need(0, kHeadBytes + 2 * pair)) return;
  if (!p.options.link_header) p.out.put("ARP, ");
  const bool ordinary =
      (protocol == 0x0800 || protocol == 0x1000) && protocol_bytes == 4 && hardware_bytes != 0;
  if (!ordinary || p.verbose()) {
    p.token(kHardware, hardware, "Unknown Hardware (", ")");
    p.out.put(" (len ").dec(hardware_bytes).put("), ");
    if (const char* name = ethertype_name(protocol)) {
      p.out.put(name);
    } else {
      p.out.put("Unknown Protocol (0x").hex(protocol, 4).put(')');
    }
    p.out.put(" (len ").dec(protocol_bytes).put(')');
    if (!p.verbose()) {
      p.out.put(", length ").dec(in.length());
      return;
    }
    p.out.put(", ");
  }
  p.token(kOperations, operation, "Unknown (", ")").put(' ');
  const Fields fields{in.from(kHeadBytes),
                      in.from(kHeadBytes + hardware_bytes),
                      in.from(kHeadBytes + pair),
                      in.from(kHeadBytes + pair + hardware_bytes),
                      hardware_bytes,
                      protocol_bytes,
                      protocol};
  if (!put_operation(p, fields, operation)) {
    p.unknown_data(in.with_length(in.captured()));
    return;
  }
  p.out.put(", length ").dec(in.length());
}

}  // namespace capstan::text
