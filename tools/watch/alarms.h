// Alarms: one line when a lasting problem begins and one when it ends.
//
// Pure: counts and the time in, lines and states out. The recorder calls it a few times a second.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace capstan::tools {

// A target is nearly full when less than this is free: a share of the file system, or a size.
struct FreeSpaceLimit {
  double percent = 0;       // of the file system; 0: `bytes` counts
  std::uint64_t bytes = 0;  // both 0: no alarm
  // The limit in bytes for a file system of `total_bytes`.
  std::uint64_t of(std::uint64_t total_bytes) const noexcept;
};

struct AlarmLimits {
  FreeSpaceLimit disk{5, 0};
  std::uint64_t silent_ns = 0;  // 0: no alarm
};

// The counts at one moment.
struct AlarmInputs {
  struct Link {
    std::string interface_name;
    std::uint64_t received = 0;     // packets
    std::uint64_t dropped = 0;      // of them, lost because the ring was full
    std::uint64_t nic_dropped = 0;  // lost in the adapter
  };
  struct Disk {
    std::string directory;
    std::uint64_t free_bytes = 0;  // for this user
    std::uint64_t total_bytes = 0;
  };
  std::uint64_t now_ns = 0;
  std::vector<Link> links;
  std::vector<Disk> disks;
  std::uint64_t failed = 0;  // packets not written because of an error
};

struct AlarmState {
  std::string alarm;    // "loss", "nic-loss", "write-failure", "disk", "silent"
  std::string subject;  // the interface or directory
  bool active = false;
};

struct AlarmLine {
  bool begins = false;
  std::string text;
};

// One thread.
class Alarms {
 public:
  explicit Alarms(AlarmLimits limits) : limits_(limits) {}

  // Takes new counts and returns a line for each alarm that begins or ends.
  std::vector<AlarmLine> update(const AlarmInputs& inputs);
  // The state of every alarm watched, in a fixed order.
  std::vector<AlarmState> states() const;

 private:
  struct Growth {  // watches a count that should not grow
    bool active = false;
    std::uint64_t last = 0;
    std::uint64_t before = 0;  // `last` when the alarm began
    std::uint64_t begun_ns = 0;
    std::uint64_t last_growth_ns = 0;
  };
  struct Silence {
    bool active = false;
    bool known = false;
    std::uint64_t last = 0;
    std::uint64_t since_ns = 0;
  };
  using Key = std::pair<std::string, std::string>;  // alarm and subject

  void watch_growth(const Key& key, std::uint64_t count, std::uint64_t now_ns,
                    const std::string& begins, const std::string& ended,
                    std::vector<AlarmLine>& lines);
  void watch_silence(const AlarmInputs::Link& link, std::uint64_t now_ns,
                     std::vector<AlarmLine>& lines);
  void watch_disk(const AlarmInputs::Disk& disk, std::vector<AlarmLine>& lines);

  AlarmLimits limits_;
  std::map<Key, Growth> growths_;
  std::map<std::string, Silence> silences_;
  std::map<std::string, bool> disks_;
};

}  // namespace capstan::tools
