#include "engine/flow/community_id.h"

#include <arpa/inet.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

namespace capstan {

namespace {

// ICMP messages without an answer go one way: their ends stay as they are.
bool one_way(const FlowEnds& ends) noexcept {
  const bool is_icmp = ends.protocol == ip_protocol::kIcmp || ends.protocol == ip_protocol::kIcmp6;
  return is_icmp && icmp_answering_type(ends.protocol, ends.source_port) != ends.destination_port;
}

}  // namespace

bool has_ports(const FlowEnds& ends) noexcept {
  return ends.carrier == Carrier::kIp &&
         (ends.protocol == ip_protocol::kTcp || ends.protocol == ip_protocol::kUdp ||
          ends.protocol == ip_protocol::kSctp || ends.protocol == ip_protocol::kUdpLite);
}

std::string community_id(const FlowEnds& ends, std::uint16_t seed) {
  if (ends.ip_version != 4 && ends.ip_version != 6) return {};
  const std::size_t size = ends.ip_version == 6 ? 16 : 4;
  const int order = std::memcmp(ends.source.data(), ends.destination.data(), size);
  const bool forward =
      one_way(ends) || order < 0 || (order == 0 && ends.source_port < ends.destination_port);
  const Address& first = forward ? ends.source : ends.destination;
  const Address& second = forward ? ends.destination : ends.source;
  const std::uint16_t first_port = forward ? ends.source_port : ends.destination_port;
  const std::uint16_t second_port = forward ? ends.destination_port : ends.source_port;
  std::array<std::uint8_t, 40> input{};
  std::size_t at = 0;
  const auto put16 = [&input, &at](std::uint16_t value) {
    input[at++] = static_cast<std::uint8_t>(value >> 8);
    input[at++] = static_cast<std::uint8_t>(value);
  };
  put16(seed);
  at = static_cast<std::size_t>(
      std::copy_n(first.begin(), size, input.begin() + static_cast<std::ptrdiff_t>(at)) -
      input.begin());
  at = static_cast<std::size_t>(
      std::copy_n(second.begin(), size, input.begin() + static_cast<std::ptrdiff_t>(at)) -
      input.begin());
  input[at++] = ends.protocol;
  input[at++] = 0;
  const bool has_numbers =
      ends.protocol == ip_protocol::kTcp || ends.protocol == ip_protocol::kUdp ||
      ends.protocol == ip_protocol::kSctp || ends.protocol == ip_protocol::kIcmp ||
      ends.protocol == ip_protocol::kIcmp6;
  if (has_numbers) {
    put16(first_port);
    put16(second_port);
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int digest_size = 0;
  if (EVP_Digest(input.data(), at, digest.data(), &digest_size, EVP_sha1(), nullptr) != 1)
    return {};
  std::array<unsigned char, 64> text{};
  const int length = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(digest_size));
  return "1:" +
         std::string(reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(length));
}

std::string address_text(const Address& address, std::uint8_t ip_version) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (ip_version == 0) {
    std::snprintf(text.data(), text.size(), "%02x:%02x:%02x:%02x:%02x:%02x", address[0], address[1],
                  address[2], address[3], address[4], address[5]);
    return text.data();
  }
  ::inet_ntop(ip_version == 6 ? AF_INET6 : AF_INET, address.data(), text.data(), text.size());
  return text.data();
}

}  // namespace capstan
