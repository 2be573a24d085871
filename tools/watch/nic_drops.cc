#include "tools/watch/nic_drops.h"

#include <algorithm>
#include <utility>

#include "engine/capture/interfaces.h"

namespace capstan::tools {

NicDrops::NicDrops(std::string name) : name_(std::move(name)), baseline_(read_nic_drops(name_)) {}

void NicDrops::returned(const std::string& name) {
  earlier_ = total_;
  name_ = name;
  baseline_ = read_nic_drops(name_);
}

std::uint64_t NicDrops::total() {
  const std::uint64_t now = read_nic_drops(name_);  // 0 when the interface is not there
  if (now >= baseline_) total_ = std::max(total_, earlier_ + now - baseline_);
  return total_;
}

}  // namespace capstan::tools
