// StoredPacket: one packet as a file should hold it, for comparing what was put in with what comes
// out, and libpcap as the reader that is not ours.
#pragma once

#include <pcap/pcap.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/block/packet_walk.h"

namespace capstan::test {

struct StoredPacket {
  std::uint64_t timestamp_ns = 0;
  std::uint32_t wirelen = 0;
  std::vector<std::uint8_t> data;
  friend bool operator==(const StoredPacket&, const StoredPacket&) = default;
};

inline StoredPacket stored(const PacketView& packet) {
  return {packet.timestamp_ns, packet.wirelen, {packet.data, packet.data + packet.caplen}};
}

struct PcapClose {
  void operator()(pcap_t* handle) const noexcept { ::pcap_close(handle); }
};

// Every packet of `path` as libpcap sees it. Throws with libpcap's words when it complains.
inline std::vector<StoredPacket> read_with_libpcap(const std::string& path,
                                                   int* link_type = nullptr) {
  char error[PCAP_ERRBUF_SIZE] = {};
  const std::unique_ptr<pcap_t, PcapClose> handle(
      ::pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, error));
  if (!handle) throw std::runtime_error(error);
  if (link_type != nullptr) *link_type = ::pcap_datalink(handle.get());
  std::vector<StoredPacket> packets;
  pcap_pkthdr* head = nullptr;
  const std::uint8_t* data = nullptr;
  int result = 0;
  while ((result = ::pcap_next_ex(handle.get(), &head, &data)) == 1) {
    packets.push_back({static_cast<std::uint64_t>(head->ts.tv_sec) * 1'000'000'000 +
                           static_cast<std::uint64_t>(head->ts.tv_usec),
                       head->len,
                       {data, data + head->caplen}});
  }
  if (result != PCAP_ERROR_BREAK) throw std::runtime_error(::pcap_geterr(handle.get()));
  return packets;
}

}  // namespace capstan::test
