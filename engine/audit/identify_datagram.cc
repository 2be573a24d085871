#include <algorithm>

#include "engine/audit/ber.h"
#include "engine/audit/identify.h"
#include "engine/audit/protocols/signatures.h"
#include "engine/audit/text.h"
#include "engine/audit/tls/quic_version.h"

namespace capstan::audit {

namespace {

bool is_dtls(Bytes bytes) noexcept {
  if (bytes.size() < 13 || bytes[0] < 20 || bytes[0] > 25) return false;
  const std::uint16_t version = load_be16(bytes.data() + 1);
  return (version == 0xfeff || version == 0xfefd || version == 0xfefc || version == 0x0100) &&
         load_be16(bytes.data() + 11) <= bytes.size() - 13;
}

// A long header (RFC 8999 section 5.1) of a version that exists.
bool is_quic(Bytes bytes) noexcept {
  if (bytes.size() < 7 || (bytes[0] & 0x80) == 0) return false;
  const std::uint32_t version = load_be32(bytes.data() + 1);
  if (!is_quic_version(version)) return false;
  if (is_google_quic(version)) return true;
  const std::size_t dcid = bytes[5];
  if ((bytes[0] & 0x40) == 0 || dcid > 20 || bytes.size() < 7 + dcid) return false;
  return bytes[6 + dcid] <= 20;
}

bool is_version_negotiation(Bytes bytes) noexcept {
  return bytes.size() >= 11 && (bytes[0] & 0x80) != 0 && load_be32(bytes.data() + 1) == 0 &&
         bytes[5] <= 20 && bytes.size() >= 7U + bytes[5] && bytes[6 + bytes[5]] <= 20 &&
         is_quic_version(load_be32(bytes.data() + bytes.size() - 4));
}

bool is_snmp(Bytes bytes) noexcept {
  BerReader outer(bytes);
  const auto message = outer.next_cut();
  if (!message || message->tag != 0x30) return false;
  BerReader body(message->value);
  const auto version = body.next_unsigned();
  if (!version || (*version != 0 && *version != 1 && *version != 3)) return false;
  const auto second = body.next_cut();
  if (!second) return false;
  if (*version == 3) return second->tag == 0x30 && body.peek_tag() == 0x04;
  return second->tag == 0x04 && body.peek_tag() >= 0xa0 && body.peek_tag() <= 0xa8;
}

bool is_cldap(Bytes bytes) noexcept {
  BerReader outer(bytes);
  const auto message = outer.next_cut();
  if (!message || message->tag != 0x30) return false;
  BerReader body(message->value);
  if (!body.next_unsigned()) return false;
  const std::uint8_t operation = body.peek_tag();
  return operation == 0x63 || operation == 0x64 || operation == 0x65 || operation == 0x60;
}

bool is_sip(std::string_view text) noexcept {
  const std::string_view line = trim(text.substr(0, text.find('\n')));
  if (starts_nocase(line, "SIP/2.0 ")) return true;
  return line.size() > 8 && equals_nocase(line.substr(line.size() - 8), " SIP/2.0");
}

// RFC 2865 section 3: code, identifier, length, authenticator, attributes that fill the length.
bool is_radius(Bytes bytes) noexcept {
  if (bytes.size() < 20) return false;
  const std::uint8_t code = bytes[0];
  if (!((code >= 1 && code <= 5) || code == 11)) return false;
  const std::size_t length = load_be16(bytes.data() + 2);
  if (length < 20 || length > bytes.size()) return false;
  std::size_t at = 20;
  while (at + 2 <= length) {
    if (bytes[at] == 0 || bytes[at + 1] < 2 || at + bytes[at + 1] > length) return false;
    at += bytes[at + 1];
  }
  return at == length;
}

bool is_kerberos(Bytes bytes) noexcept {
  if (bytes.size() < 10 || bytes[0] < 0x6a || bytes[0] > 0x7e) return false;
  const BerReader::Head head = BerReader::read_head(bytes);
  return head.valid && bytes.size() > head.head_bytes && bytes[head.head_bytes] == 0x30;
}

// The WireGuard handshake messages (whitepaper section 5.4): type, three zero bytes, fixed sizes.
bool is_wireguard(Bytes bytes) noexcept {
  if (bytes.size() < 32 || bytes[1] != 0 || bytes[2] != 0 || bytes[3] != 0) return false;
  return (bytes[0] == 1 && bytes.size() == 148) || (bytes[0] == 2 && bytes.size() == 92) ||
         (bytes[0] == 3 && bytes.size() == 64);
}

// IKE (RFC 7296 section 3.1; RFC 3948 puts four zero bytes in front on port 4500).
bool is_ike(Bytes bytes) noexcept {
  if (bytes.size() < 28) return false;
  const std::uint8_t version = bytes[17];
  return (version == 0x20 || version == 0x10) && load_be32(bytes.data() + 24) == bytes.size();
}

// OpenVPN over UDP: a hard reset of the client or the server, key 0.
bool is_openvpn(Bytes bytes) noexcept {
  if (bytes.size() < 14) return false;
  const std::uint8_t opcode = bytes[0] >> 3;
  if ((bytes[0] & 7) != 0 || (opcode != 7 && opcode != 8 && opcode != 10)) return false;
  // Without --tls-auth: session id (8), no acknowledgements, packet id 0.
  return opcode == 7 && bytes.size() == 14 && bytes[9] == 0 && load_be32(bytes.data() + 10) == 0;
}

}  // namespace

Identification identify_datagram(Transport transport, Bytes datagram, std::uint16_t from_port,
                                 std::uint16_t to_port) {
  constexpr Identification kNone{Identification::State::kNone, Protocol::kUnknown, false};
  if (datagram.empty()) return kNone;
  if (transport != Transport::kUdp) {
    const Protocol protocol = message_protocol_of(transport, datagram, from_port, to_port);
    return protocol != Protocol::kUnknown ? found(protocol) : kNone;
  }
  const auto on_port = [from_port, to_port](std::initializer_list<std::uint16_t> ports) {
    return std::any_of(ports.begin(), ports.end(), [from_port, to_port](std::uint16_t port) {
      return from_port == port || to_port == port;
    });
  };
  if (is_dtls(datagram)) {
    // A ServerHello from the side that was seen first: the other one is the client.
    const bool server_hello = datagram[0] == 22 && datagram.size() > 13 && datagram[13] == 2;
    return found(Protocol::kDtls, server_hello);
  }
  if (is_quic(datagram) || is_version_negotiation(datagram)) return found(Protocol::kQuic);
  if (is_snmp(datagram)) return found(Protocol::kSnmp);
  if (is_sip(as_text(datagram.first(std::min<std::size_t>(datagram.size(), 4096))))) {
    return found(Protocol::kSip);
  }
  if (on_port({389}) && is_cldap(datagram)) return found(Protocol::kLdap);
  if (on_port({1812, 1813, 1645, 1646}) && is_radius(datagram)) return found(Protocol::kRadius);
  if (on_port({88}) && is_kerberos(datagram)) return found(Protocol::kKerberos);
  if (is_wireguard(datagram)) return found(Protocol::kWireguard);
  if (on_port({500}) && is_ike(datagram)) return found(Protocol::kIpsec);
  if (on_port({4500}) && datagram.size() > 4) {
    if (load_be32(datagram.data()) != 0 || is_ike(datagram.subspan(4)))
      return found(Protocol::kIpsec);
  }
  if (is_openvpn(datagram) ||
      (on_port({1194}) && datagram.size() > 14 && (datagram[0] >> 3) == 7)) {
    return found(Protocol::kOpenvpn);
  }
  // RADIUS on another port: only a request that names a user in printable text.
  if (datagram[0] == 1 && is_radius(datagram) &&
      load_be16(datagram.data() + 2) == datagram.size() && datagram.size() > 24 &&
      datagram[20] == 1 && datagram[21] > 2) {
    const Bytes name = datagram.subspan(22, datagram[21] - 2U);
    if (std::all_of(name.begin(), name.end(),
                    [](std::uint8_t b) { return b >= 0x20 && b < 0x7f; })) {
      return found(Protocol::kRadius);
    }
  }
  const Protocol other = message_protocol_of(transport, datagram, from_port, to_port);
  return other != Protocol::kUnknown ? found(other) : kNone;
}

}  // namespace capstan::audit
