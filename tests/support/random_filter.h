// Random filters in libpcap's language, nested, about the values of IndexTraffic and about things
// no index knows.
#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace capstan::test {

class RandomFilter {
 public:
  explicit RandomFilter(std::uint32_t seed) : random_(seed) {}

  std::string next(int depth = 3) {
    const std::uint32_t kind = depth == 0 ? 0 : draw(6);
    if (kind == 1) return "(" + next(depth - 1) + " and " + next(depth - 1) + ")";
    if (kind == 2) return "(" + next(depth - 1) + " or " + next(depth - 1) + ")";
    if (kind == 3) return "not (" + next(depth - 1) + ")";
    return term();
  }

 private:
  std::uint32_t draw(std::uint32_t below) { return static_cast<std::uint32_t>(random_() % below); }
  std::string number(std::uint32_t value) { return std::to_string(value); }

  std::string direction() {
    constexpr const char* kWays[] = {"", "src ", "dst ", "src or dst ", "src and dst "};
    return kWays[draw(5)];
  }
  std::string host4() { return "10.0." + number(draw(2)) + "." + number(draw(60)); }
  std::string host6() {
    return "2001:db8::a00:" + std::string(draw(2) == 0 ? "" : "1") + std::string(1, hex()) + hex();
  }
  char hex() { return "0123456789abcdef"[draw(16)]; }
  std::string port() {
    return number(draw(3) == 0 ? 80 : draw(2) == 0 ? 50 + draw(10) : 1024 + draw(40));
  }

  std::string term() {
    switch (draw(20)) {
      case 0:
      case 1:
        return direction() + "host " + host4();
      case 2:
        return direction() + "host " + host6();
      case 3:
        return direction() + "net 10.0." + number(draw(2)) + ".0/" + number(24 + draw(8));
      case 4:
        return direction() + "net 2001:db8::a00:0/" + number(112);
      case 5:
        return direction() + "port " + port();
      case 6:
        return std::string(draw(2) == 0 ? "tcp " : "udp ") + direction() + "port " + port();
      case 7: {
        const std::uint32_t low = 1024 + draw(30);
        return direction() + "portrange " + number(low) + "-" + number(low + draw(10));
      }
      case 8: {
        constexpr const char* kProtocols[] = {
            "tcp", "udp", "icmp", "icmp6", "arp", "ip", "ip6", "ip proto 47", "ether proto 0x88cc",
            "rarp"};
        return kProtocols[draw(10)];
      }
      case 9:
        return "ether " + direction() + "host 02:00:00:00:00:0" + number(draw(4));
      case 10:
        return "ether host 02:00:00:00:0" + number(draw(3)) + ":02";
      case 11:
        return draw(2) == 0 ? "ether multicast" : "ether broadcast";
      case 12:
        return (draw(2) == 0 ? "less " : "greater ") + number(60 + draw(80));
      case 13: {
        constexpr const char* kFlags[] = {"tcp[tcpflags] & tcp-syn != 0",
                                          "tcp[13] & 5 = 0",
                                          "tcp[tcpflags] == tcp-ack",
                                          "ip[6:2] & 0x1fff != 0",
                                          "ip[8] < 65",
                                          "ip6[6] = 6",
                                          "udp[4:2] > 40",
                                          "ether[12:2] > 1500",
                                          "ip[12:2] = 0x0a00",
                                          "ip6[40:2] = 80",
                                          "icmp[icmptype] = icmp-echo"};
        return kFlags[draw(11)];
      }
      case 14:
        // What follows 'vlan' is behind the tag for libpcap: so it stands alone in brackets, or
        // deliberately does not.
        return "vlan " + number(1 + draw(4));
      case 15:
        return "(vlan and " + direction() + "host " + host4() + ")";
      case 16:
        return "(vlan and vlan)";
      case 17:
        return "host " + host4() + " and host " + host4();
      case 18:
        return "(mpls and host " + host4() + ")";
      default:
        return "len > " + number(draw(200));
    }
  }

  std::mt19937 random_;
};

}  // namespace capstan::test
