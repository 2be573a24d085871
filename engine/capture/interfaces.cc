#include "engine/capture/interfaces.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <memory>

#include "engine/core/errors.h"
#include "engine/core/unique_fd.h"

namespace capstan {

namespace {

std::string address_text(const ifaddrs& entry) {
  char text[INET6_ADDRSTRLEN] = {};
  int prefix = 0;
  const auto count_bits = [&](const std::uint8_t* bytes, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) prefix += std::popcount(bytes[i]);
  };
  if (entry.ifa_addr->sa_family == AF_INET) {
    const auto* address = reinterpret_cast<const sockaddr_in*>(entry.ifa_addr);
    ::inet_ntop(AF_INET, &address->sin_addr, text, sizeof(text));
    if (entry.ifa_netmask != nullptr) {
      const auto* mask = reinterpret_cast<const sockaddr_in*>(entry.ifa_netmask);
      count_bits(reinterpret_cast<const std::uint8_t*>(&mask->sin_addr), 4);
    }
  } else {
    const auto* address = reinterpret_cast<const sockaddr_in6*>(entry.ifa_addr);
    ::inet_ntop(AF_INET6, &address->sin6_addr, text, sizeof(text));
    if (entry.ifa_netmask != nullptr) {
      const auto* mask = reinterpret_cast<const sockaddr_in6*>(entry.ifa_netmask);
      count_bits(reinterpret_cast<const std::uint8_t*>(&mask->sin6_addr), 16);
    }
  }
  return fmt::format("{}/{}", text, prefix);
}

struct FreeAddresses {
  void operator()(ifaddrs* list) const noexcept { ::freeifaddrs(list); }
};

std::string nearest_names(const std::string& name) {
  std::vector<std::pair<std::size_t, std::string>> ranked;
  for (const NetworkInterface& info : list_interfaces()) {
    ranked.emplace_back(edit_distance(name, info.name), info.name);
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string text;
  for (std::size_t i = 0; i < ranked.size() && i < 3; ++i) {
    text += (i == 0 ? "" : ", ") + ranked[i].second;
  }
  return text;
}

}  // namespace

std::vector<NetworkInterface> list_interfaces() {
  std::vector<NetworkInterface> found;
  ifaddrs* raw = nullptr;
  if (::getifaddrs(&raw) != 0) throw_errno("list the network interfaces");
  const std::unique_ptr<ifaddrs, FreeAddresses> list(raw);
  for (const ifaddrs* entry = list.get(); entry != nullptr; entry = entry->ifa_next) {
    auto at = std::find_if(found.begin(), found.end(), [&](const NetworkInterface& info) {
      return info.name == entry->ifa_name;
    });
    if (at == found.end()) {
      NetworkInterface info;
      info.name = entry->ifa_name;
      info.index = static_cast<int>(::if_nametoindex(entry->ifa_name));
      info.up = (entry->ifa_flags & IFF_UP) != 0;
      info.running = (entry->ifa_flags & IFF_RUNNING) != 0;
      info.loopback = (entry->ifa_flags & IFF_LOOPBACK) != 0;
      found.push_back(std::move(info));
      at = found.end() - 1;
    }
    if (entry->ifa_addr != nullptr &&
        (entry->ifa_addr->sa_family == AF_INET || entry->ifa_addr->sa_family == AF_INET6)) {
      at->addresses += (at->addresses.empty() ? "" : " ") + address_text(*entry);
    }
  }
  std::sort(found.begin(), found.end(),
            [](const NetworkInterface& a, const NetworkInterface& b) { return a.index < b.index; });
  NetworkInterface any;
  any.name = kAnyInterface;
  any.up = any.running = true;
  found.push_back(std::move(any));
  return found;
}

int resolve_interface(std::string& name) {
  if (name == kAnyInterface) return 0;
  const unsigned index = ::if_nametoindex(name.c_str());
  if (index != 0) return static_cast<int>(index);
  std::size_t place = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), place);
  if (error == std::errc{} && end == name.data() + name.size()) {
    const std::vector<NetworkInterface> all = list_interfaces();
    if (place >= 1 && place <= all.size()) {
      name = all[place - 1].name;
      return all[place - 1].index;
    }
  }
  throw UnknownInterface(fmt::format("there is no interface '{}'; the nearest names are: {}", name,
                                     nearest_names(name)));
}

Ip4Network local_network(const std::string& name) {
  bpf_u_int32 address = 0;
  bpf_u_int32 mask = 0;
  char complaint[PCAP_ERRBUF_SIZE] = {};
  if (::pcap_lookupnet(name.c_str(), &address, &mask, complaint) != 0) return {};
  return {ntohl(address), ntohl(mask)};
}

namespace {

std::uint64_t read_statistic(const std::string& name, const char* counter) noexcept {
  char path[128];
  std::snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/%s", name.c_str(), counter);
  const UniqueFd fd(::open(path, O_RDONLY | O_CLOEXEC));
  char text[32];
  const ssize_t length = fd ? ::read(fd.get(), text, sizeof(text)) : -1;
  std::uint64_t value = 0;
  if (length > 0) std::from_chars(text, text + length, value);
  return value;
}

}  // namespace

std::uint64_t read_nic_drops(const std::string& name) noexcept {
  return read_statistic(name, "rx_missed_errors") + read_statistic(name, "rx_fifo_errors");
}

std::uint64_t read_rx_dropped(const std::string& name) noexcept {
  return read_statistic(name, "rx_dropped");
}

std::uint64_t read_rx_packets(const std::string& name) noexcept {
  return read_statistic(name, "rx_packets");
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Damerau-Levenshtein (optimal string alignment), three rows.
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace capstan
