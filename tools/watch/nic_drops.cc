#include "tools/watch/nic_drops.h"

#include <algorithm>
#include <utility>

namespace capstan::tools {

NicDrops::NicDrops(std::string name, std::uint64_t (*read)(const std::string&) noexcept)
    : name_(std::move(name)), read_(read), baseline_(read_(name_)) {}

void NicDrops::returned(const std::string& name) {
  earlier_ = total_;
  name_ = name;
  baseline_ = read_(name_);
}

std::uint64_t NicDrops::total() {
  const std::uint64_t now = read_(name_);  // 0 when the interface is not there
  if (now >= baseline_) total_ = std::max(total_, earlier_ + now - baseline_);
  return total_;
}

}  // namespace capstan::tools
