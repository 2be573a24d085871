// BacklogDrops: packets that the kernel threw away in front of every socket, because the queue of a
// CPU between the driver and the protocols (softnet_data::input_pkt_queue) was full.
//
// No ring and no interface counts them, and no recording has them. The kernel counts by CPU, for
// all interfaces and namespaces of the machine together.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "engine/core/unique_fd.h"

namespace capstan::tools {

// Keeps the file open: it is read after other files cannot be opened any more. One thread.
class BacklogDrops {
 public:
  // `path`: tests give theirs.
  explicit BacklogDrops(const std::string& path = "/proc/net/softnet_stat");
  // Dropped since this was made. Never less than before; 0 when the kernel does not say.
  std::uint64_t total();

 private:
  void read();

  UniqueFd fd_;
  std::map<std::uint32_t, std::uint32_t> last_;  // by CPU; the kernel counts in 32 bits
  std::uint64_t total_ = 0;
};

}  // namespace capstan::tools
