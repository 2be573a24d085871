// NicDrops: a counter of an interface since the start of the recording, which goes on when the
// interface is renamed, or vanishes and returns with its counters at zero.
#pragma once

#include <cstdint>
#include <string>

#include "engine/capture/interfaces.h"

namespace capstan::tools {

// One thread.
class NicDrops {
 public:
  // `read`: reads the counter; read_nic_drops (packets lost in the adapter) or read_rx_dropped().
  explicit NicDrops(std::string name,
                    std::uint64_t (*read)(const std::string&) noexcept = read_nic_drops);
  // The interface has a new name; its counters go on.
  void renamed(const std::string& name) { name_ = name; }
  // Reads the new interface of this name from now on; the count of the old one stays included.
  void returned(const std::string& name);
  // Reads the counter and returns its value. Never decreases.
  std::uint64_t total();
  // The last value of total(), without reading the counter.
  std::uint64_t said() const noexcept { return total_; }

 private:
  std::string name_;
  std::uint64_t (*read_)(const std::string&) noexcept;
  std::uint64_t baseline_;
  std::uint64_t earlier_ = 0;  // of the interfaces before this one
  std::uint64_t total_ = 0;
};

}  // namespace capstan::tools
