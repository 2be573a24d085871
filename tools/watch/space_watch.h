// SpaceWatch: how much room the targets have, looked at by a thread of its own: a network file
// system that hangs must not stop signals, alarms and signs of life.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tools/watch/alarms.h"

namespace capstan::tools {

class SpaceWatch {
 public:
  // Starts the thread: it has the privileges that the caller has left. Looks every second.
  explicit SpaceWatch(std::vector<std::string> directories);
  // Tells the thread to end; does not wait for one that hangs.
  ~SpaceWatch();
  SpaceWatch(const SpaceWatch&) = delete;
  SpaceWatch& operator=(const SpaceWatch&) = delete;

  // As last seen; a directory that could not be asked is not in it.
  std::vector<AlarmInputs::Disk> disks() const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace capstan::tools
