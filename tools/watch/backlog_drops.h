// BacklogDrops: packets that the kernel dropped before any socket received them, because the queue
// of a CPU between the driver and the protocols (softnet_data::input_pkt_queue) was full.
//
// No ring and no interface counts these packets, and no recording has them. The kernel counts them
// by CPU, for all interfaces and network namespaces of the machine together.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "engine/core/unique_fd.h"

namespace capstan::tools {

// Keeps the file open, because no other file can be opened once privileges are dropped. One thread.
class BacklogDrops {
 public:
  // `path`: set by tests only.
  explicit BacklogDrops(const std::string& path = "/proc/net/softnet_stat");
  // Packets dropped since this object was made. Never decreases; 0 when the kernel does not provide
  // the count.
  std::uint64_t total();

 private:
  void read();

  UniqueFd fd_;
  std::map<std::uint32_t, std::uint32_t> last_;  // by CPU; the kernel counts in 32 bits
  std::uint64_t total_ = 0;
};

}  // namespace capstan::tools
