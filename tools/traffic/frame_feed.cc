#include "tools/traffic/frame_feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "engine/core/errors.h"
#include "tools/traffic/frame_format.h"

namespace capstan::traffic {

PlannedFeed::PlannedFeed(const FramePlan& plan, const PaceOptions& pace,
                         std::uint64_t first_sequence, std::uint64_t count) noexcept
    : plan_(plan),
      pacer_(pace),
      sequence_(first_sequence),
      end_sequence_(count == 0 ? std::numeric_limits<std::uint64_t>::max()
                               : first_sequence + count) {}

std::uint32_t PlannedFeed::write(std::uint8_t* buffer) {
  const std::uint32_t size = plan_.write_frame(sequence_, buffer);
  pacer_.spend(plan_.size_entry(sequence_).pace_cost);
  ++sequence_;
  return size;
}

std::uint64_t replay_due_ns(std::uint64_t recorded_ns, double speed) noexcept {
  if (speed <= 0) return 0;
  return static_cast<std::uint64_t>(static_cast<double>(recorded_ns) / speed);
}

ReplayFeed::ReplayFeed(const ReplayOptions& options, const PaceOptions& pace, std::uint64_t count,
                       std::uint32_t mtu)
    : options_(options),
      pace_options_(pace),
      pacer_(pace),
      frames_left_(count == 0 ? std::numeric_limits<std::uint64_t>::max() : count),
      mtu_(mtu),
      source_(open_packet_source(options.path)) {
  advance();
  if (packet_) return;
  throw UsageError(
      fmt::format("{}: no packet in it can be sent ({} were cut or no Ethernet frames, {} are "
                  "longer than an MTU of "
                  "{} lets pass){}{}",
                  options.path, skipped_, too_long_, mtu,
                  problem_.empty() ? "" : "; it breaks off: ", problem_));
}

std::uint32_t ReplayFeed::buffer_size() const noexcept {
  return mtu_ + kEthernetSize + kVlanTagSize;
}

// What the kernel would refuse is not given to it: the packets behind it are to go on.
bool ReplayFeed::can_go(const PacketView& packet) noexcept {
  if (packet.link_type != link_type::kEthernet || packet.caplen != packet.wirelen ||
      packet.caplen < kMinFrameSize) {
    ++skipped_;
    return false;
  }
  // Four bytes more only for an 802.1Q tag (packet_extra_vlan_len_allowed, net/packet/af_packet.c).
  const bool is_tagged = packet.data[12] == 0x81 && packet.data[13] == 0x00;
  const std::uint32_t counted = packet.caplen - (is_tagged ? std::uint32_t{kVlanTagSize} : 0);
  if (counted <= mtu_ + kEthernetSize) return true;
  ++too_long_;
  longest_ = std::max(longest_, counted);
  return false;
}

bool ReplayFeed::open_again() {
  if (source_->problem().empty() && frames_in_turn_ > 0 && loops_done_ + 1 < options_.loops) {
    ++loops_done_;
    frames_in_turn_ = 0;
    // The next turn begins where this one's last packet went.
    turn_start_ns_ += replay_due_ns(last_timestamp_ns_ - first_timestamp_ns_, options_.speed);
    turn_is_new_ = true;
    source_ = open_packet_source(options_.path);
    return true;
  }
  problem_ = source_->problem();
  return false;
}

// Moves on to the next packet that can be sent.
void ReplayFeed::advance() {
  packet_.reset();
  if (frames_left_ == 0) return;
  while (true) {
    packet_ = source_->next();
    if (!packet_) {
      if (!open_again()) return;
      continue;
    }
    if (can_go(*packet_)) break;
  }
  ++frames_in_turn_;
  if (turn_is_new_) {
    first_timestamp_ns_ = packet_->timestamp_ns;
    last_timestamp_ns_ = first_timestamp_ns_;
    turn_is_new_ = false;
  }
  // A clock set back while recording: such a packet goes with the one before.
  last_timestamp_ns_ = std::max(last_timestamp_ns_, packet_->timestamp_ns);
}

std::uint64_t ReplayFeed::wait_ns(std::uint64_t now_ns) {
  if (pace_options_.is_paced() || pace_options_.has_bursts()) return pacer_.wait_ns(now_ns);
  const std::uint64_t due =
      turn_start_ns_ + replay_due_ns(last_timestamp_ns_ - first_timestamp_ns_, options_.speed);
  return due <= now_ns ? 0 : due - now_ns;
}

std::uint32_t ReplayFeed::write(std::uint8_t* buffer) {
  const std::uint32_t size = packet_->caplen;
  std::memcpy(buffer, packet_->data, size);
  pacer_.spend(pace_cost(pace_options_, size));
  --frames_left_;
  advance();
  return size;
}

}  // namespace capstan::traffic
