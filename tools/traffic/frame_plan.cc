#include "tools/traffic/frame_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "engine/core/errors.h"
#include "engine/flow/protocol_numbers.h"
#include "tools/traffic/checksum.h"
#include "tools/traffic/flow_mix.h"
#include "tools/traffic/frame_format.h"

namespace capstan::traffic {

namespace {

// A 64-bit value whose bytes in memory are big-endian.
std::uint64_t stored_big_endian(std::uint64_t value) noexcept {
  std::uint8_t bytes[8];
  put_be64(bytes, value);
  std::uint64_t stored;
  std::memcpy(&stored, bytes, 8);
  return stored;
}

void put_word(std::uint8_t* to, std::uint16_t native) noexcept { std::memcpy(to, &native, 2); }

}  // namespace

FramePlan::FramePlan(const FrameOptions& options) : options_(options) {
  validate();
  l3_offset_ = kEthernetSize + kVlanTagSize * options_.vlans.size();
  udp_offset_ = l3_offset_ + (options_.ipv6 ? kIpv6Size : kIpv4Size);
  header_size_ = (tag_offset() + kTagSize + 7) / 8 * 8;

  double round_bytes = 0;
  double round_frames = 0;
  for (const SizeShare& share : options_.sizes) {
    sizes_.push_back(make_size(share.size));
    if (sizes_.back().is_raw != 0) raw_sizes_.push_back(share.size);
    largest_frame_ = std::max(largest_frame_, share.size);
    round_bytes += static_cast<double>(share.size) * share.weight;
    round_frames += share.weight;
  }
  mean_frame_size_ = round_bytes / round_frames;
  buffer_size_ = std::max(largest_frame_, static_cast<std::uint32_t>(header_size_));
  size_order_ = traffic::size_order(options_.sizes);

  for (std::uint32_t flow = 0; flow < options_.flows; ++flow) flows_.push_back(make_flow(flow));
  flow_order_ = traffic::flow_order(options_.flows, options_.zipf_exponent, options_.seed);
}

void FramePlan::validate() const {
  if (options_.sizes.empty()) throw UsageError("no frame size given");
  if (options_.vlans.size() > 2) {
    throw UsageError(fmt::format("{} VLAN tags asked for, two is the most", options_.vlans.size()));
  }
  for (const std::uint16_t vlan : options_.vlans) {
    if (vlan > 4095) throw UsageError(fmt::format("VLAN {} is not from 0 to 4095", vlan));
  }
  if (options_.flows < 1 || options_.flows > kMaxFlows) {
    throw UsageError(
        fmt::format("{} flows asked for, from 1 to {} are possible", options_.flows, kMaxFlows));
  }
  if (!std::isfinite(options_.zipf_exponent) || options_.zipf_exponent < 0) {
    throw UsageError(fmt::format("Zipf exponent {} is not 0 or more", options_.zipf_exponent));
  }
  // Tagged frames shorter than 20 bytes are dropped by the receiving kernel, which looks at two
  // bytes behind the tag (skb_vlan_untag in net/core/skbuff.c).
  const std::size_t headers = kEthernetSize + kVlanTagSize * options_.vlans.size();
  const std::size_t least = options_.vlans.empty() ? headers : std::max<std::size_t>(headers, 20);
  for (const SizeShare& share : options_.sizes) {
    if (share.weight < 1 || share.size < least || share.size > kMaxFrameSize) {
      throw UsageError(
          fmt::format("frame size {}: not from {} (Ethernet with {} VLAN tags) to {} bytes",
                      share.size, least, options_.vlans.size(), kMaxFrameSize));
    }
  }
}

void FramePlan::write_filler(std::span<std::uint8_t> buffer) noexcept {
  for (std::size_t offset = 0; offset < buffer.size(); ++offset) {
    buffer[offset] = filler_byte(offset);
  }
}

SizeEntry FramePlan::make_size(std::uint32_t size) const {
  SizeEntry entry;
  entry.frame_size = size;
  entry.is_raw = size < tag_offset() + kTagSize ? 1 : 0;
  write_filler(entry.header);
  std::copy_n(options_.destination_mac.begin(), 6, entry.header);
  std::copy_n(options_.source_mac.begin(), 6, entry.header + 6);
  std::size_t offset = 12;
  for (std::size_t tag = 0; tag < options_.vlans.size(); ++tag) {
    const bool outer = tag == 0 && options_.vlans.size() == 2;
    put_be16(entry.header + offset, outer ? kEtherTypeQinq : kEtherTypeVlan);
    put_be16(entry.header + offset + 2, options_.vlans[tag]);
    offset += kVlanTagSize;
  }
  if (entry.is_raw != 0) {
    write_raw_template(entry);
  } else {
    write_ip_template(entry);
  }
  return entry;
}

void FramePlan::write_ip_template(SizeEntry& entry) const {
  std::uint8_t* const l3 = entry.header + l3_offset_;
  const auto l3_size = static_cast<std::uint16_t>(entry.frame_size - l3_offset_);
  const auto udp_size = static_cast<std::uint16_t>(entry.frame_size - udp_offset_);
  put_be16(l3 - 2, options_.ipv6 ? kEtherTypeIpv6 : kEtherTypeIpv4);
  std::fill(l3, l3 + (udp_offset_ - l3_offset_) + kUdpSize, std::uint8_t{0});
  if (options_.ipv6) {
    l3[0] = 0x60;  // RFC 8200 section 3: version, traffic class and flow label 0
    put_be16(l3 + 4, udp_size);
    l3[6] = ip_protocol::kUdp;
    l3[7] = 64;
  } else {
    l3[0] = 0x45;  // RFC 791 section 3.1: version 4, five words of header
    put_be16(l3 + 2, l3_size);
    put_be16(l3 + 6, 0x4000);  // don't fragment
    l3[8] = 64;
    l3[9] = ip_protocol::kUdp;
  }
  std::uint8_t* const udp = entry.header + udp_offset_;
  put_be16(udp + 4, udp_size);
  std::uint8_t* const tag = udp + kUdpSize;
  put_be32(tag, kTagMagic);
  put_be32(tag + kTagStreamOffset, options_.stream);
  put_be64(tag + kTagSequenceOffset, 0);

  if (!options_.ipv6) entry.ip_sum = checksum_fold(checksum_add(l3, kIpv4Size));
  // Pseudo-header (RFC 768; RFC 8200 section 8.1) without the addresses, the UDP header without
  // ports and checksum, and everything behind it as it will lie in the frame.
  std::uint8_t pseudo[4] = {0, ip_protocol::kUdp, 0, 0};
  put_be16(pseudo + 2, udp_size);
  std::uint64_t sum = checksum_add(pseudo, sizeof(pseudo));
  sum = checksum_add(udp, kUdpSize + kTagSize, sum);
  std::vector<std::uint8_t> filler(entry.frame_size);
  write_filler(filler);
  const std::size_t covered = tag_offset() + kTagSize;
  sum = checksum_add(filler.data() + covered, filler.size() - covered, sum);
  entry.payload_sum = checksum_fold(sum);
}

void FramePlan::write_raw_template(SizeEntry& entry) const {
  std::uint8_t* const tag = entry.header + l3_offset_;
  put_be16(tag - 2, kEtherTypeRaw);
  entry.header[6] = kRawSourceMarker;
  entry.header[7] = static_cast<std::uint8_t>(options_.stream);
  put_be32(tag, kTagMagic);
  put_be32(tag + kTagStreamOffset, options_.stream);
  put_be64(tag + kTagSequenceOffset, 0);
  put_be16(tag + kRawChecksumOffset, 0);
  const std::size_t present = entry.frame_size - l3_offset_;
  if (present >= kRawTagSize) {
    entry.payload_sum = checksum_fold(checksum_add(tag, present));
  }
}

FlowEntry FramePlan::make_flow(std::uint32_t flow) const {
  FlowEntry entry;
  // Flow k differs from all others in its addresses (16 bits of k) and, so that port-based hashing
  // spreads too, in its source port; the destination port changes every 8 flows. Each further
  // 65,536 have another 2,048 destination ports.
  const auto low = static_cast<std::uint16_t>(flow + 1);
  const auto source_port = static_cast<std::uint16_t>(49152 + flow % 16384);
  const auto destination_port =
      static_cast<std::uint16_t>(10000 + flow / 8 % 1024 + flow / 65536 * 2048);
  std::uint8_t* ports = nullptr;
  if (options_.ipv6) {
    for (const int side : {0, 1}) {
      std::uint8_t* const address = entry.patch + 16 * side;
      std::copy_n(kBenchmarkNet6, sizeof(kBenchmarkNet6), address);
      address[7] = static_cast<std::uint8_t>(side);
      put_be16(address + 14, low);
    }
    ports = entry.patch + 32;
  } else {
    put_be32(entry.patch, kBenchmarkNet4 | low);
    put_be32(entry.patch + 4, kBenchmarkNet4 | 0x10000 | low);
    ports = entry.patch + 8;
  }
  put_be16(ports, source_port);
  put_be16(ports + 2, destination_port);
  const std::size_t addresses = patch_size() - 4;
  entry.ip_sum = checksum_fold(checksum_add(entry.patch, addresses));
  entry.udp_sum = checksum_fold(checksum_add(entry.patch, patch_size()));
  return entry;
}

std::uint32_t FramePlan::write_frame(std::uint64_t sequence, std::uint8_t* buffer) const noexcept {
  const SizeEntry& size = size_entry(sequence);
  std::memcpy(buffer, size.header, header_size_);
  const std::uint64_t stored = stored_big_endian(sequence);
  if (size.is_raw != 0) {
    std::uint8_t* const tag = buffer + raw_tag_offset();
    put_be32(buffer + 8, static_cast<std::uint32_t>(sequence));
    std::memcpy(tag + kTagSequenceOffset, &stored, 8);
    put_word(tag + kRawChecksumOffset, checksum_finish(size.payload_sum + checksum_words(stored)));
    return size.frame_size;
  }
  const FlowEntry& flow = flows_[flow_order_[sequence % flow_order_.size()]];
  std::memcpy(buffer + patch_offset(), flow.patch, patch_size());
  std::memcpy(buffer + tag_offset() + kTagSequenceOffset, &stored, 8);
  if (!options_.ipv6) {
    put_word(buffer + l3_offset_ + 10, checksum_finish(std::uint64_t{size.ip_sum} + flow.ip_sum));
  }
  const std::uint64_t sum = std::uint64_t{size.payload_sum} + flow.udp_sum + checksum_words(stored);
  put_word(buffer + udp_offset_ + 6, checksum_finish_udp(sum));
  return size.frame_size;
}

}  // namespace capstan::traffic
