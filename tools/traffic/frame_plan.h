// FramePlan: all frames of a run, prepared before the run starts.
//
// From the options it prepares one template per frame size, one patch per flow, and the two orders
// in which they are used. For each packet only these steps remain: a copy of at most 96 bytes, the
// flow's addresses, the sequence number, and a checksum from prepared sums. The ring engine does
// this with write_frame(); the xdp engine's program does the same in the kernel with the same
// tables.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "tools/traffic/size_mix.h"

namespace capstan::traffic {

using MacAddress = std::array<std::uint8_t, 6>;

struct FrameOptions {
  std::vector<SizeShare> sizes = {{64, 1}};
  std::vector<std::uint16_t> vlans;  // none, one (802.1Q) or two (outer 802.1ad first)
  bool ipv6 = false;
  std::uint32_t flows = 1;     // different pairs of addresses and ports, up to kMaxFlows
  double zipf_exponent = 1.0;  // popularity of flow k is 1/k^exponent; 0: all equal
  std::uint64_t seed = 1;      // for the order of flows
  std::uint32_t stream = 0;    // distinguishes generators that run together; in every frame
  // By default not the receiver's own address, so that its IP stack drops the frames early and does
  // not answer them.
  MacAddress source_mac = {0x02, 0xca, 0, 0, 0, 1};
  MacAddress destination_mac = {0x02, 0xca, 0, 0, 0, 2};
};

// The template for one size. Also read by the kernel program: the layout is fixed (static_asserts
// in xdp_program.cc).
struct SizeEntry {
  static constexpr std::size_t kHeaderCapacity = 96;
  std::uint8_t header[kHeaderCapacity] = {};  // complete except flow, sequence and checksums
  std::uint32_t frame_size = 0;
  std::uint32_t is_raw = 0;  // the raw layout: see frame_format.h
  std::uint32_t ip_sum = 0;  // IPv4 header without addresses and checksum
  std::uint32_t payload_sum =
      0;                        // what the UDP (or raw) checksum covers, without flow and sequence
  std::uint64_t pace_cost = 0;  // time of one frame at the wanted rate: see pacing.h
  std::uint64_t reserved = 0;
};

// One flow: its addresses and ports in the order in which they follow each other in the packet.
struct FlowEntry {
  static constexpr std::size_t kPatchCapacity = 40;
  std::uint8_t patch[kPatchCapacity] = {};  // IPv4: 12 bytes, IPv6: 36
  std::uint32_t ip_sum = 0;                 // of the addresses
  std::uint32_t udp_sum = 0;                // of addresses and ports
  std::uint64_t reserved[2] = {};
};

class FramePlan {
 public:
  // Throws UsageError when the options cannot be met; the message tells which and why.
  explicit FramePlan(const FrameOptions& options);

  // Fills a buffer once with the bytes that write_frame() does not write.
  static void write_filler(std::span<std::uint8_t> buffer) noexcept;

  // Writes frame number `sequence` of this plan into `buffer`, which must already contain the
  // filler. Requires: the buffer has buffer_size() bytes. Returns the frame's size, which may be
  // smaller.
  std::uint32_t write_frame(std::uint64_t sequence, std::uint8_t* buffer) const noexcept;

  std::uint32_t frame_size(std::uint64_t sequence) const noexcept {
    return size_entry(sequence).frame_size;
  }
  const SizeEntry& size_entry(std::uint64_t sequence) const noexcept {
    return sizes_[size_order_[sequence % size_order_.size()]];
  }

  // Buffer size in bytes for one frame: the largest frame or the header template, whichever is
  // larger.
  std::uint32_t buffer_size() const noexcept { return buffer_size_; }
  std::uint32_t largest_frame() const noexcept { return largest_frame_; }
  double mean_frame_size() const noexcept { return mean_frame_size_; }
  // Sizes too small for the IP layout, which are sent as raw frames; in the order given.
  const std::vector<std::uint32_t>& raw_sizes() const noexcept { return raw_sizes_; }
  const FrameOptions& options() const noexcept { return options_; }

  // Offsets and tables, for the kernel program.
  std::size_t header_size() const noexcept { return header_size_; }  // bytes copied: multiple of 8
  std::size_t l3_offset() const noexcept { return l3_offset_; }
  std::size_t patch_offset() const noexcept { return l3_offset_ + (options_.ipv6 ? 8 : 12); }
  std::size_t patch_size() const noexcept { return options_.ipv6 ? 36 : 12; }
  std::size_t udp_offset() const noexcept { return udp_offset_; }
  std::size_t tag_offset() const noexcept { return udp_offset_ + 8; }
  std::size_t raw_tag_offset() const noexcept { return l3_offset_; }
  std::span<SizeEntry> sizes() noexcept { return sizes_; }
  std::span<const SizeEntry> sizes() const noexcept { return sizes_; }
  std::span<const std::uint32_t> size_order() const noexcept { return size_order_; }
  std::span<const FlowEntry> flows() const noexcept { return flows_; }
  std::span<const std::uint32_t> flow_order() const noexcept { return flow_order_; }

 private:
  void validate() const;
  SizeEntry make_size(std::uint32_t size) const;
  void write_ip_template(SizeEntry& entry) const;
  void write_raw_template(SizeEntry& entry) const;
  FlowEntry make_flow(std::uint32_t flow) const;

  FrameOptions options_;
  std::size_t l3_offset_ = 0;
  std::size_t udp_offset_ = 0;
  std::size_t header_size_ = 0;
  std::uint32_t buffer_size_ = 0;
  std::uint32_t largest_frame_ = 0;
  double mean_frame_size_ = 0;
  std::vector<std::uint32_t> raw_sizes_;
  std::vector<SizeEntry> sizes_;
  std::vector<std::uint32_t> size_order_;
  std::vector<FlowEntry> flows_;
  std::vector<std::uint32_t> flow_order_;
};

}  // namespace capstan::traffic
