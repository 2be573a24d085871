// DHCP for IPv6 (RFC 8415 and the options of many others), with -v its options.
#include "tools/text/apps/dhcp6_tables.h"
#include "tools/text/apps/dns_names.h"
#include "tools/text/fields.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr std::size_t kOptionHeaderBytes = 4;
constexpr std::size_t kRelayHeaderBytes = 34;

// Works on places in the whole message: names in options may point behind their option.
class Dhcp6Printer {
 public:
  Dhcp6Printer(Printer& printer, Input message) : p_(printer), in_(message) {}
  void print();

 private:
  // Options from `at` to `end`, which is captured.
  void options(std::size_t at, std::size_t end);
  // False: it broke off; the rest cannot be read.
  bool option(unsigned type, std::size_t at, std::size_t size);
  bool list_option(unsigned type, std::size_t at, std::size_t size);
  void duid(std::size_t at, std::size_t size);
  void addresses(std::size_t at, std::size_t size);
  void authentication(std::size_t at, std::size_t size);
  void authentication_data(unsigned protocol, std::size_t at, std::size_t size);
  void hex_words(std::size_t at, std::size_t count);
  void association(std::size_t at, std::size_t size);
  void prefix(std::size_t at, std::size_t size);
  void lease_query(std::size_t at, std::size_t size);
  void nested_message(std::size_t at, std::size_t size);
  bool names(std::size_t at, std::size_t size);
  bool time_servers(std::size_t at, std::size_t size);
  void tunnel_name(std::size_t at, std::size_t size);
  void short_dump(std::size_t at, std::size_t end);
  void address(std::size_t at) { p_.host6(in_.at(at, 16)); }

  Printer& p_;
  Input in_;
};

// The least size of an option's content; what is shorter shows as "?".
std::size_t least_size(unsigned type) {
  switch (type) {
    case kDhcp6ClientId:
    case kDhcp6ServerId:
    case kDhcp6Status:
      return 2;
    case kDhcp6Address:
      return 24;
    case kDhcp6Authentication:
      return 11;
    case kDhcp6AddressAssociation:
    case kDhcp6PrefixAssociation:
      return 12;
    case kDhcp6TemporaryAssociation:
    case kDhcp6RemoteId:
    case kDhcp6NtpServer:
      return 4;
    case kDhcp6Prefix:
      return 25;
    case kDhcp6LeaseQuery:
      return 17;
    case kDhcp6RelayData:
      return 16;
    case kDhcp6TunnelName:
      return 3;
    case kDhcp6PosixZone:
    case kDhcp6ZoneName:
    case kDhcp6UsageUrl:
      return 5;
    default:
      return 0;
  }
}

// The one size an option's content may have; 0: any.
std::size_t exact_size(unsigned type) {
  switch (type) {
    case kDhcp6Preference:
    case kDhcp6Reconfigure:
      return 1;
    case kDhcp6Elapsed:
      return 2;
    case kDhcp6Lifetime:
    case kDhcp6ClientTime:
      return 4;
    default:
      return 0;
  }
}

bool is_address_list(unsigned type) {
  switch (type) {
    case kDhcp6SipAddresses:
    case kDhcp6DnsServers:
    case kDhcp6SntpServers:
    case kDhcp6NisServers:
    case kDhcp6NisPlusServers:
    case kDhcp6BroadcastServers:
    case kDhcp6PanaAgent:
    case kDhcp6ClientLink:
      return true;
    default:
      return false;
  }
}

bool has_wrong_size(unsigned type, std::size_t size) {
  if (size < least_size(type)) return true;
  if (exact_size(type) != 0 && size != exact_size(type)) return true;
  if (is_address_list(type)) return size % 16 != 0;
  return (type == kDhcp6OptionRequest || type == kDhcp6EchoRequest) && size % 2 != 0;
}

void Dhcp6Printer::hex_words(std::size_t at, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) p_.out.put(' ').hex(in_.be32(at + 4 * i), 8);
}

void Dhcp6Printer::short_dump(std::size_t at, std::size_t end) {
  constexpr std::size_t kMost = 10;
  put_hex_run(p_, in_, at, end - at < kMost ? end - at : kMost);
  p_.out.put("...");
}

// RFC 8415 section 11.
void Dhcp6Printer::duid(std::size_t at, std::size_t size) {
  const unsigned type = in_.be16(at);
  std::size_t shown_from = 0;
  switch (type) {
    case 1:
      if (size < 8) break;
      p_.out.put(" hwaddr/time type ").dec(in_.be16(at + 2)).put(" time ").dec(in_.be32(at + 4));
      shown_from = 8;
      break;
    case 2:
      // Shown with its 4-byte enterprise number as one, of no less than 8 bytes and no more.
      if (size < 10) break;
      p_.out.put(" vid ");
      put_hex_run(p_, in_, at + 2, 8);
      return;
    case 3:
      if (size < 4) break;
      p_.out.put(" hwaddr type ").dec(in_.be16(at + 2));
      shown_from = 4;
      break;
    default:
      p_.out.put(" type ").dec(type);
      return;
  }
  if (shown_from == 0) {
    p_.out.put(" ?");
    return;
  }
  p_.out.put(' ');
  put_hex_run(p_, in_, at + shown_from, size - shown_from);
}

void Dhcp6Printer::addresses(std::size_t at, std::size_t size) {
  for (std::size_t i = 0; i < size; i += 16) {
    p_.out.put(' ');
    address(at + i);
  }
}

void Dhcp6Printer::authentication_data(unsigned protocol, std::size_t at, std::size_t size) {
  if (protocol == 2) {
    if (size == 0) return;
    if (size < 20) return void(p_.out.put(" ??"));
    const std::size_t realm = size - 20;
    if (realm > 0) p_.out.put(", realm: ");
    put_hex_run(p_, in_, at, realm);
    p_.out.put(", key ID: ").hex(in_.be32(at + realm), 8).put(", HMAC-MD5:");
    hex_words(at + realm + 4, 4);
    return;
  }
  if (protocol != 3 || size != 17) return void(p_.out.put(" ??"));
  const unsigned type = in_.u8(at);
  p_.out.put(type == 1 ? " reconfig-key" : type == 2 ? " type: HMAC-MD5" : " type: ??");
  p_.out.put(" value:");
  hex_words(at + 1, 4);
}

// RFC 3315 section 22.11, RFC 8415 section 21.11.
void Dhcp6Printer::authentication(std::size_t at, std::size_t size) {
  const unsigned protocol = in_.u8(at);
  p_.out.put(" proto: ");
  if (protocol == 2) {
    p_.out.put("delayed");
  } else if (protocol == 3) {
    p_.out.put("reconfigure");
  } else {
    p_.out.dec(protocol);
  }
  p_.out.put(", alg: ");
  if (in_.u8(at + 1) == 1) {
    p_.out.put("HMAC-MD5");
  } else {
    p_.out.dec(in_.u8(at + 1));
  }
  p_.out.put(", RDM: ");
  if (in_.u8(at + 2) == 0) {
    p_.out.put("mono");
  } else {
    p_.out.dec(in_.u8(at + 2));
  }
  p_.out.put(", RD:");
  for (std::size_t i = 0; i < 4; ++i) p_.out.put(' ').hex(in_.be16(at + 3 + 2 * i), 4);
  authentication_data(protocol, at + 11, size - 11);
}

void Dhcp6Printer::association(std::size_t at, std::size_t size) {
  p_.out.put(" IAID:").dec(in_.be32(at)).put(" T1:").dec(in_.be32(at + 4));
  p_.out.put(" T2:").dec(in_.be32(at + 8));
  options(at + 12, at + size);
}

void Dhcp6Printer::prefix(std::size_t at, std::size_t size) {
  p_.out.put(' ');
  address(at + 9);
  p_.out.put('/').dec(in_.u8(at + 8));
  p_.out.put(" pltime:").dec(in_.be32(at)).put(" vltime:").dec(in_.be32(at + 4));
  options(at + 25, at + size);
}

// RFC 5007 section 4.1.2.1.
void Dhcp6Printer::lease_query(std::size_t at, std::size_t size) {
  const unsigned type = in_.u8(at);
  if (type == 1) {
    p_.out.put(" by-address ");
  } else if (type == 2) {
    p_.out.put(" by-clientID ");
  } else {
    p_.out.put(" type_").dec(type).put(' ');
  }
  address(at + 1);
  options(at + 17, at + size);
}

void Dhcp6Printer::nested_message(std::size_t at, std::size_t size) {
  p_.out.put(" (");
  Dhcp6Printer(p_, in_.from(at).first(size).with_length(size)).print();
}

bool Dhcp6Printer::names(std::size_t at, std::size_t size) {
  const std::size_t end = at + size;
  while (at < end && !p_.truncated()) {
    p_.out.put(' ');
    const std::optional<std::size_t> next = put_dns_name(p_, in_, at, end);
    if (!next) return false;
    at = *next;
  }
  return true;
}

// RFC 5908 section 4.
bool Dhcp6Printer::time_servers(std::size_t at, std::size_t size) {
  const std::size_t end = at + size;
  while (at + 4 < end && !p_.truncated()) {
    const unsigned kind = in_.be16(at);
    const std::size_t length = in_.be16(at + 2);
    at += 4;
    if (at + length > end) return false;
    p_.out.put(" subopt:").dec(kind);
    if ((kind == 1 || kind == 2) && length == 16) {
      p_.out.put(' ');
      address(at);
    } else if (kind == 3) {
      p_.out.put(' ');
      if (!put_dns_name(p_, in_, at, at + length)) return false;
    } else {
      p_.out.put(" ?");
    }
    at += length;
  }
  return true;
}

// RFC 6334: labels without pointers; the last dot is left out.
void Dhcp6Printer::tunnel_name(std::size_t at, std::size_t size) {
  p_.out.put(' ');
  std::size_t left = size;
  while (left > 0 && in_.u8(at) != 0 && !p_.truncated()) {
    const std::size_t length = in_.u8(at);
    ++at;
    if (length >= left - 1) {
      p_.out.put(" ?");
      return;
    }
    p_.safe_text(in_.from(at), length, true);
    at += length;
    left -= length + 1;
    if (in_.u8(at) != 0) p_.out.put('.');
  }
}

bool Dhcp6Printer::list_option(unsigned type, std::size_t at, std::size_t size) {
  switch (type) {
    case kDhcp6SipDomains:
    case kDhcp6DomainList:
      return names(at, size);
    case kDhcp6NtpServer:
      return time_servers(at, size);
    case kDhcp6ClientData:
      options(at, at + size);
      return true;
    case kDhcp6TunnelName:
      tunnel_name(at, size);
      return true;
    case kDhcp6PosixZone:
    case kDhcp6ZoneName:
    case kDhcp6UsageUrl:
      p_.out.put(' ');
      p_.safe_text(in_.from(at), size, true);
      return true;
    default:
      if (is_address_list(type)) addresses(at, size);
      return true;
  }
}

bool Dhcp6Printer::option(unsigned type, std::size_t at, std::size_t size) {
  switch (type) {
    case kDhcp6ClientId:
    case kDhcp6ServerId:
      duid(at, size);
      return true;
    case kDhcp6Address:
      p_.out.put(' ');
      address(at);
      p_.out.put(" pltime:").dec(in_.be32(at + 16)).put(" vltime:").dec(in_.be32(at + 20));
      options(at + 24, at + size);
      return true;
    case kDhcp6OptionRequest:
    case kDhcp6EchoRequest:
      for (std::size_t i = 0; i < size; i += 2) {
        p_.out.put(' ');
        p_.token(kDhcp6Options, in_.be16(at + i), "opt_");
      }
      return true;
    case kDhcp6Preference:
      p_.out.put(' ').dec(in_.u8(at));
      return true;
    case kDhcp6Elapsed:
      p_.out.put(' ').dec(in_.be16(at));
      return true;
    case kDhcp6RelayMessage:
      nested_message(at, size);
      return true;
    case kDhcp6Authentication:
      authentication(at, size);
      return true;
    case kDhcp6InterfaceId:
    case kDhcp6SubscriberId:
      p_.out.put(' ');
      short_dump(at, at + size);
      return true;
    case kDhcp6Reconfigure:
      if (in_.u8(at) == 5 || in_.u8(at) == 11) {
        p_.out.put(in_.u8(at) == 5 ? " for renew" : " for inf-req");
      } else {
        p_.out.put(" for ?\?\?(").hex(in_.u8(at), 2).put(')');
      }
      return true;
    case kDhcp6Status:
      p_.out.put(' ');
      if (in_.be16(at) > 255) {
        p_.out.put("INVALID code");
      } else {
        p_.token(kDhcp6StatusCodes, in_.be16(at), "code");
      }
      return true;
    case kDhcp6AddressAssociation:
    case kDhcp6PrefixAssociation:
      association(at, size);
      return true;
    case kDhcp6TemporaryAssociation:
      p_.out.put(" IAID:").dec(in_.be32(at));
      options(at + 4, at + size);
      return true;
    case kDhcp6Prefix:
      prefix(at, size);
      return true;
    case kDhcp6Lifetime:
    case kDhcp6ClientTime:
      p_.out.put(' ').dec(in_.be32(at));
      return true;
    case kDhcp6RemoteId:
      p_.out.put(' ').dec(in_.be32(at)).put(' ');
      short_dump(at + 4, at + size);
      return true;
    case kDhcp6LeaseQuery:
      lease_query(at, size);
      return true;
    case kDhcp6RelayData:
      p_.out.put(' ');
      address(at);
      p_.out.put(' ');
      short_dump(at + 16, at + size);
      return true;
    default:
      return list_option(type, at, size);
  }
}

void Dhcp6Printer::options(std::size_t at, std::size_t end) {
  if (at >= end) return;
  if (!p_.enter()) {
    p_.put_truncated();
    return;
  }
  while (at < end && !p_.truncated()) {
    const std::size_t size = end - at < kOptionHeaderBytes ? 0 : in_.be16(at + 2);
    if (end - at < kOptionHeaderBytes + size) {
      p_.put_truncated();
      break;
    }
    const unsigned type = in_.be16(at);
    p_.out.put(" (");
    p_.token(kDhcp6Options, type, "opt_");
    at += kOptionHeaderBytes;
    if (has_wrong_size(type, size)) {
      p_.out.put(" ?");
    } else if (!option(type, at, size)) {
      p_.put_truncated();
      break;
    }
    p_.out.put(')');
    at += size;
  }
  p_.leave();
}

void Dhcp6Printer::print() {
  constexpr unsigned kRelayForward = 12;
  constexpr unsigned kRelayReply = 13;
  p_.out.put("dhcp6");
  if (!in_.has(0, 4)) {
    p_.put_truncated();
    return;
  }
  const unsigned type = in_.u8(0);
  p_.out.put(' ');
  p_.token(kDhcp6Messages, type, "msgtype-");
  if (!p_.verbose()) return;
  p_.out.put(" (");
  if (type != kRelayForward && type != kRelayReply) {
    p_.out.put("xid=").hex(in_.be24(1));
    options(4, in_.available());
  } else {
    if (!in_.need(2, 16)) return;
    p_.out.put("linkaddr=");
    address(2);
    if (!in_.need(18, 16)) return;
    p_.out.put(" peeraddr=");
    address(18);
    options(kRelayHeaderBytes, in_.available());
  }
  p_.out.put(')');
}

}  // namespace

void print_dhcp6(Printer& p, Input in) {
  p.set_protocol("dhcp6");
  Dhcp6Printer(p, in).print();
}

}  // namespace capstan::text
