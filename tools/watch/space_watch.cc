#include "tools/watch/space_watch.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "engine/core/cpu.h"
#include "engine/core/thread.h"

namespace capstan::tools {

struct SpaceWatch::Shared {
  std::vector<std::string> directories;
  mutable std::mutex mutex;
  std::condition_variable wake;
  bool stop = false;
  std::vector<AlarmInputs::Disk> disks;
};

namespace {

std::vector<AlarmInputs::Disk> look_at(const std::vector<std::string>& directories) {
  std::vector<AlarmInputs::Disk> disks;
  for (const std::string& directory : directories) {
    struct statvfs status {};
    if (::statvfs(directory.c_str(), &status) != 0) continue;
    disks.push_back({directory, std::uint64_t{status.f_bavail} * status.f_frsize,
                     std::uint64_t{status.f_blocks} * status.f_frsize});
  }
  return disks;
}

}  // namespace

SpaceWatch::SpaceWatch(std::vector<std::string> directories) : shared_(std::make_shared<Shared>()) {
  std::sort(directories.begin(), directories.end());
  directories.erase(std::unique(directories.begin(), directories.end()), directories.end());
  if (directories.empty()) return;
  shared_->directories = std::move(directories);
  start_thread("looks at the disks", [shared = shared_] {
    name_current_thread("space-watch");
    std::unique_lock lock(shared->mutex);
    while (!shared->stop) {
      lock.unlock();
      std::vector<AlarmInputs::Disk> disks = look_at(shared->directories);
      lock.lock();
      shared->disks = std::move(disks);
      shared->wake.wait_for(lock, std::chrono::seconds(1), [&] { return shared->stop; });
    }
  }).detach();
}

SpaceWatch::~SpaceWatch() {
  const std::lock_guard lock(shared_->mutex);
  shared_->stop = true;
  shared_->wake.notify_all();
}

std::vector<AlarmInputs::Disk> SpaceWatch::disks() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->disks;
}

}  // namespace capstan::tools
