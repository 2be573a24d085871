// Random filters in libpcap's language about the values of one recording, taken from the rows of
// its index, and about things that no index knows.
#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "engine/index/index_row.h"

namespace capstan::test {

class TrafficFilter {
 public:
  explicit TrafficFilter(std::uint64_t seed) : random_(seed) {}

  void learn(const IndexRow& row) {
    if (rows_.size() < kMostRows) {
      rows_.push_back(row);
    } else if (draw(4) == 0) {
      rows_[draw(kMostRows)] = row;
    }
  }

  std::string next(int depth = 3) {
    const std::uint32_t kind = depth == 0 ? 0 : draw(7);
    if (kind == 1) return "(" + next(depth - 1) + " and " + next(depth - 1) + ")";
    if (kind == 2) return "(" + next(depth - 1) + " or " + next(depth - 1) + ")";
    if (kind == 3) return "not (" + next(depth - 1) + ")";
    return term();
  }

 private:
  static constexpr std::size_t kMostRows = 256;

  std::uint32_t draw(std::size_t below) { return static_cast<std::uint32_t>(random_() % below); }
  template <std::size_t kCount>
  const char* one_of(const char* const (&texts)[kCount]) {
    return texts[draw(kCount)];
  }
  std::string direction() {
    constexpr const char* kWays[] = {"", "", "src ", "dst ", "src or dst ", "src and dst "};
    return one_of(kWays);
  }
  const IndexRow& row() {
    static const IndexRow kNothing;
    return rows_.empty() ? kNothing : rows_[draw(rows_.size())];
  }
  static std::string text_of(int version, const Address& address) {
    char text[INET6_ADDRSTRLEN] = {};
    ::inet_ntop(version == 4 ? AF_INET : AF_INET6, address.data(), text, sizeof(text));
    return text;
  }
  static std::string text_of(const MacAddress& mac) {
    return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", mac[0], mac[1], mac[2], mac[3],
                       mac[4], mac[5]);
  }

  // Of the packet, or of one in a tunnel: which a filter does not look into, but may stumble over.
  std::string host() {
    const IndexRow& from = row();
    if (draw(4) == 0 && from.inner.ip_version != 0) {
      return text_of(from.inner.ip_version, from.inner.addresses[draw(2)]);
    }
    if (from.kind == RowKind::kOther) return draw(2) == 0 ? "192.0.2.1" : "2001:db8::1";
    return text_of(from.kind == RowKind::kIpv6 ? 6 : 4, from.ends[draw(2)].address);
  }
  std::string net() {
    const IndexRow& from = row();
    Address address = from.ends[draw(2)].address;
    const bool is_six = from.kind == RowKind::kIpv6;
    const std::uint32_t bits = is_six ? 16 + draw(112) : 1 + draw(32);
    for (std::uint32_t bit = bits; bit < (is_six ? 128U : 32U); ++bit) {
      address[bit / 8] = static_cast<std::uint8_t>(address[bit / 8] & ~(0x80U >> (bit % 8)));
    }
    return fmt::format("{}/{}", text_of(is_six ? 6 : 4, address), bits);
  }
  std::uint32_t port() {
    const IndexRow& from = row();
    return from.has_ports() ? from.ends[draw(2)].port : draw(65536);
  }
  std::uint32_t vlan() {
    const IndexRow& from = row();
    return from.vlan_count != 0 ? from.vlans[draw(from.vlan_count)] & 0xfffU : draw(4096);
  }

  std::string term() {
    switch (draw(22)) {
      case 0:
      case 1:
      case 2:
        return direction() + "host " + host();
      case 3:
        return "(host " + host() + " and host " + host() + ")";
      case 4:
        return direction() + "net " + net();
      case 5:
      case 6:
        return direction() + fmt::format("port {}", port());
      case 7: {
        constexpr const char* kWhich[] = {"tcp ", "udp ", "sctp "};
        return one_of(kWhich) + direction() + fmt::format("port {}", port());
      }
      case 8: {
        const std::uint32_t low = port();
        return direction() + fmt::format("portrange {}-{}", low, std::min(65535U, low + draw(500)));
      }
      case 9: {
        constexpr const char* kProtocols[] = {"tcp", "udp",  "icmp", "icmp6", "arp", "ip",
                                              "ip6", "sctp", "igmp", "rarp",  "esp", "vrrp"};
        return one_of(kProtocols);
      }
      case 10:
        return fmt::format("{} proto {}", draw(2) == 0 ? "ip" : "ip6", unsigned{row().protocol});
      case 11:
        return fmt::format("ether proto {:#x}", unsigned{row().ethertype});
      case 12:
        return "ether " + direction() + "host " + text_of(row().ends[draw(2)].mac);
      case 13: {
        constexpr const char* kCasts[] = {"ether multicast", "ether broadcast", "ip multicast",
                                          "ip6 multicast", "multicast"};
        return one_of(kCasts);
      }
      case 14:
        return fmt::format("{} {}", draw(2) == 0 ? "less" : "greater", 20 + draw(1500));
      case 15:
      case 16:
        return bytes_term();
      case 17:
        return fmt::format("vlan {}", vlan());
      case 18:
        return "(vlan and " + direction() + "host " + host() + ")";
      case 19: {
        constexpr const char* kWraps[] = {"(mpls and ", "(pppoes and ", "(vlan and vlan and ",
                                          "(geneve and ", "(vlan and pppoes and "};
        return one_of(kWraps) + (draw(2) == 0 ? "host " + host() : fmt::format("port {}", port())) +
               ")";
      }
      case 20:
        return fmt::format("ip protochain {}", unsigned{row().protocol});
      default:
        return fmt::format("len > {}", draw(1500));
    }
  }

  std::string bytes_term() {
    constexpr const char* kTerms[] = {"tcp[tcpflags] & tcp-syn != 0",
                                      "tcp[tcpflags] & (tcp-fin|tcp-rst) != 0",
                                      "tcp[13] & 5 = 0",
                                      "tcp[tcpflags] == tcp-ack",
                                      "ip[6:2] & 0x1fff != 0",
                                      "ip[6:2] & 0x3fff = 0",
                                      "ip[8] < 65",
                                      "ip[0] & 0xf > 5",
                                      "ip6[6] = 6",
                                      "ip6[6] != 17",
                                      "udp[4:2] > 40",
                                      "ether[12:2] > 1500",
                                      "ether[0] & 1 = 0",
                                      "icmp[icmptype] = icmp-echo",
                                      "icmp6[0] = 135",
                                      "ip[12:4] > ip[16:4]",
                                      "tcp[0:2] < tcp[2:2]",
                                      "tcp[(tcp[12] & 0xf0) >> 2] = 0x16",
                                      "udp[8:2] & 1 = 0",
                                      "ip[9] = 6",
                                      "ip[20:2] = 80",
                                      "ether[30:4] = 0x0a000001"};
    return one_of(kTerms);
  }

  std::mt19937_64 random_;
  std::vector<IndexRow> rows_;
};

}  // namespace capstan::test
