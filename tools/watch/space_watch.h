// SpaceWatch: measures the free space of the targets in a thread of its own, because a network file
// system that hangs must not stop signals, alarms and signs of life.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tools/watch/alarms.h"

namespace capstan::tools {

class SpaceWatch {
 public:
  // Starts the thread, which has the privileges that the caller has left. It checks every second.
  explicit SpaceWatch(std::vector<std::string> directories);
  // Asks the thread to end; does not wait for a thread that hangs.
  ~SpaceWatch();
  SpaceWatch(const SpaceWatch&) = delete;
  SpaceWatch& operator=(const SpaceWatch&) = delete;

  // The last measurements; a directory that could not be measured is missing. Any thread.
  std::vector<AlarmInputs::Disk> disks() const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace capstan::tools
