// Shared by the printers of IP and of the protocols that it carries.
#pragma once

#include <cstdint>

#include "engine/flow/byte_reader.h"
#include "tools/text/printer.h"

namespace capstan::text {

// https://www.iana.org/assignments/protocol-numbers
namespace ip_protocol {
inline constexpr std::uint8_t kHopByHop = 0;
inline constexpr std::uint8_t kIcmp = 1;
inline constexpr std::uint8_t kIgmp = 2;
inline constexpr std::uint8_t kIpv4 = 4;
inline constexpr std::uint8_t kTcp = 6;
inline constexpr std::uint8_t kEgp = 8;
inline constexpr std::uint8_t kIgrp = 9;
inline constexpr std::uint8_t kUdp = 17;
inline constexpr std::uint8_t kDccp = 33;
inline constexpr std::uint8_t kIpv6 = 41;
inline constexpr std::uint8_t kRouting = 43;
inline constexpr std::uint8_t kFragment = 44;
inline constexpr std::uint8_t kRsvp = 46;
inline constexpr std::uint8_t kGre = 47;
inline constexpr std::uint8_t kEsp = 50;
inline constexpr std::uint8_t kAh = 51;
inline constexpr std::uint8_t kMobile = 55;
inline constexpr std::uint8_t kIcmpv6 = 58;
inline constexpr std::uint8_t kNoNext = 59;
inline constexpr std::uint8_t kDestinationOptions = 60;
inline constexpr std::uint8_t kMobilityOld = 62;
inline constexpr std::uint8_t kNd = 77;
inline constexpr std::uint8_t kEigrp = 88;
inline constexpr std::uint8_t kOspf = 89;
inline constexpr std::uint8_t kPim = 103;
inline constexpr std::uint8_t kIpcomp = 108;
inline constexpr std::uint8_t kVrrp = 112;
inline constexpr std::uint8_t kPgm = 113;
inline constexpr std::uint8_t kSctp = 132;
inline constexpr std::uint8_t kMobility = 135;
inline constexpr std::uint8_t kEthernet = 143;
}  // namespace ip_protocol

// The names that -v prints; "unknown" for others.
const char* ip_protocol_name(std::uint8_t protocol) noexcept;

// Prints the payload of an IP header. `in` ends where the IP packet ends; p.around contains
// addresses, ttl and whether it is a fragment.
void print_ip_payload(Printer& p, std::uint8_t protocol, Input in);

// Prints "a > b: ", the addresses of the IP header.
void put_hosts(Printer& p);

// Whether the protocol field of the IP header itself (not of an extension header) is `protocol`.
inline bool carries_protocol(const Surroundings& around, std::uint8_t protocol) noexcept {
  return around.ip_version != 0 && around.header_protocol == protocol;
}

// checksum_error() over `bytes` and the pseudo-header of the IP header. With a routing header the
// final destination is used (RFC 8200 section 8.1).
std::uint16_t transport_checksum_error(const Surroundings& around, std::uint8_t protocol,
                                       ByteReader bytes) noexcept;

}  // namespace capstan::text
