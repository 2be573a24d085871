// Where the ring engine's frames come from: made (FramePlan) or replayed from a recording.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tools/traffic/frame_plan.h"
#include "tools/traffic/pacing.h"
#include "tools/traffic/packet_source.h"

namespace capstan::traffic {

class FrameFeed {
 public:
  virtual ~FrameFeed() = default;

  // Bytes a buffer for write() must have; it is given the filler once, at the start.
  virtual std::uint32_t buffer_size() const noexcept = 0;

  // No further frame.
  virtual bool is_done() const noexcept = 0;

  // Nanoseconds after `now_ns` (since the start) until the next frame is due; 0: now. Requires:
  // not done.
  virtual std::uint64_t wait_ns(std::uint64_t now_ns) = 0;

  // Writes the next frame, which is due, and returns its size. Requires: not done.
  virtual std::uint32_t write(std::uint8_t* buffer) = 0;
};

// `count` frames of a plan from `first_sequence` on; a count of 0 has no end.
class PlannedFeed final : public FrameFeed {
 public:
  PlannedFeed(const FramePlan& plan, const PaceOptions& pace, std::uint64_t first_sequence,
              std::uint64_t count) noexcept;

  std::uint32_t buffer_size() const noexcept override { return plan_.buffer_size(); }
  bool is_done() const noexcept override { return sequence_ >= end_sequence_; }
  std::uint64_t wait_ns(std::uint64_t now_ns) override { return pacer_.wait_ns(now_ns); }
  std::uint32_t write(std::uint8_t* buffer) override;

 private:
  const FramePlan& plan_;
  Pacer pacer_;
  std::uint64_t sequence_;
  std::uint64_t end_sequence_;
};

struct ReplayOptions {
  std::string path;         // empty: no replay
  double speed = 1;         // times the recording's own timing; 0: as fast as it goes
  std::uint64_t loops = 1;  // times through the file
};

// The packets of a recording, as they are. With a rate in `pace` that rate counts, not the timing.
// Packets that are no Ethernet frames, were cut when recorded or are longer than the MTU lets pass
// are left out and counted.
class ReplayFeed final : public FrameFeed {
 public:
  // Opens the file. Throws UsageError when it cannot be read or has no packet to send.
  ReplayFeed(const ReplayOptions& options, const PaceOptions& pace, std::uint64_t count,
             std::uint32_t mtu);

  std::uint32_t buffer_size() const noexcept override;
  bool is_done() const noexcept override { return !packet_; }
  std::uint64_t wait_ns(std::uint64_t now_ns) override;
  std::uint32_t write(std::uint8_t* buffer) override;

  std::uint64_t skipped() const noexcept { return skipped_; }
  std::uint64_t too_long() const noexcept { return too_long_; }
  // Bytes of the longest of those, without a VLAN tag the MTU does not count.
  std::uint32_t longest() const noexcept { return longest_; }
  const std::string& problem() const noexcept { return problem_; }

 private:
  void advance();
  bool can_go(const PacketView& packet) noexcept;
  bool open_again();

  ReplayOptions options_;
  PaceOptions pace_options_;
  Pacer pacer_;
  std::uint64_t frames_left_;
  std::uint32_t mtu_;
  std::unique_ptr<PacketSource> source_;
  std::optional<PacketView> packet_;  // the next to go, borrowed from source_
  std::uint64_t loops_done_ = 0;
  std::uint64_t first_timestamp_ns_ = 0;  // of this turn through the file
  std::uint64_t last_timestamp_ns_ = 0;
  std::uint64_t turn_start_ns_ = 0;  // since the start of the run
  bool turn_is_new_ = true;
  std::uint64_t frames_in_turn_ = 0;
  std::uint64_t skipped_ = 0;
  std::uint64_t too_long_ = 0;
  std::uint32_t longest_ = 0;
  std::string problem_;
};

// When a packet recorded `recorded_ns` after the first one is due at `speed` times its own timing.
std::uint64_t replay_due_ns(std::uint64_t recorded_ns, double speed) noexcept;

}  // namespace capstan::traffic
