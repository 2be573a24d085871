// The source of the ring engine's frames: generated (FramePlan) or replayed from a recording.
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

  // Size in bytes that the buffer for write() must have; it is filled with the filler once, at the
  // start.
  virtual std::uint32_t buffer_size() const noexcept = 0;

  // Whether there are no further frames.
  virtual bool is_done() const noexcept = 0;

  // Returns the nanoseconds from `now_ns` (since the start) until the next frame is due; 0: now.
  // Requires: not done.
  virtual std::uint64_t wait_ns(std::uint64_t now_ns) = 0;

  // Writes the next frame, which must be due, and returns its size. Requires: not done.
  virtual std::uint32_t write(std::uint8_t* buffer) = 0;
};

// `count` frames of a plan, starting at `first_sequence`; a count of 0 means no end.
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
  double speed = 1;         // factor on the recording's timing; 0: as fast as possible
  std::uint64_t loops = 1;  // how often the file is sent
};

// The packets of a recording, unchanged. If `pace` has a rate, that rate replaces the recording's
// timing. Packets that are not Ethernet frames, were cut when recorded, or exceed the MTU are left
// out and counted.
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
  // Size in bytes of the longest of these, without a VLAN tag that the MTU does not include.
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
  std::optional<PacketView> packet_;  // the next one to send, borrowed from source_
  std::uint64_t loops_done_ = 0;
  std::uint64_t first_timestamp_ns_ = 0;  // of this pass through the file
  std::uint64_t last_timestamp_ns_ = 0;
  std::uint64_t turn_start_ns_ = 0;  // since the start of the run
  bool turn_is_new_ = true;
  std::uint64_t frames_in_turn_ = 0;
  std::uint64_t skipped_ = 0;
  std::uint64_t too_long_ = 0;
  std::uint32_t longest_ = 0;
  std::string problem_;
};

// The time at which a packet recorded `recorded_ns` after the first one is due, at `speed` times
// the recording's timing.
std::uint64_t replay_due_ns(std::uint64_t recorded_ns, double speed) noexcept;

}  // namespace capstan::traffic
