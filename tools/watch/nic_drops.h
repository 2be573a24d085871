// NicDrops: a counter of an interface since the recording began, also while the interface changes
// its name, vanishes and comes back with counters that begin anew.
#pragma once

#include <cstdint>
#include <string>

#include "engine/capture/interfaces.h"

namespace capstan::tools {

// One thread.
class NicDrops {
 public:
  // `read`: which counter; what the adapter has lost, or read_rx_dropped().
  explicit NicDrops(std::string name,
                    std::uint64_t (*read)(const std::string&) noexcept = read_nic_drops);
  void renamed(const std::string& name) { name_ = name; }
  // Counters of the new interface of this name; what the old one had lost stays counted.
  void returned(const std::string& name);
  // Never less than it said before.
  std::uint64_t total();
  // What it said last, without a look.
  std::uint64_t said() const noexcept { return total_; }

 private:
  std::string name_;
  std::uint64_t (*read_)(const std::string&) noexcept;
  std::uint64_t baseline_;
  std::uint64_t earlier_ = 0;  // of interfaces before this one
  std::uint64_t total_ = 0;
};

}  // namespace capstan::tools
