// NicDrops: what an adapter has lost since the recording began, also while its interface changes
// its name, vanishes and comes back with counters that begin anew.
#pragma once

#include <cstdint>
#include <string>

namespace capstan::tools {

// One thread.
class NicDrops {
 public:
  explicit NicDrops(std::string name);
  void renamed(const std::string& name) { name_ = name; }
  // Counters of the new interface of this name; what the old one had lost stays counted.
  void returned(const std::string& name);
  // Never less than it said before.
  std::uint64_t total();

 private:
  std::string name_;
  std::uint64_t baseline_;
  std::uint64_t earlier_ = 0;  // of interfaces before this one
  std::uint64_t total_ = 0;
};

}  // namespace capstan::tools
