// RingBlockBuilder: a TPACKET_V3 block as the kernel would hand it over, made in memory.
//
// Lays out what net/packet/af_packet.c lays out (tpacket_rcv, prb_open_block, prb_fill_curr_block,
// prb_close_block) and fills every byte the kernel leaves alone with kPoison, so that a byte left
// over from an earlier packet is seen.
#pragma once

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <vector>

#include "engine/capture/ring_layout.h"

namespace capstan::test {

// What one packet looked like when the kernel stored it.
struct RingFrame {
  std::vector<std::uint8_t> data;  // as stored: from the MAC header, or from the network header
  std::uint32_t wirelen = 0;       // 0: all of it was stored
  std::uint64_t timestamp_ns = 1'700'000'000'000'000'001;
  std::uint8_t packet_type = PACKET_HOST;
  std::uint32_t maclen = ETH_HLEN;        // ignored when cooked
  std::optional<std::uint16_t> vlan_tci;  // the tag the kernel took out
  std::optional<std::uint16_t> vlan_tpid;
  std::uint16_t protocol = ETH_P_IP;
  std::uint16_t hardware_type = 1;
  int interface_index = 7;
};

constexpr std::uint32_t align_up(std::size_t value, std::uint32_t to) {
  return static_cast<std::uint32_t>((value + to - 1) / to * to);
}

class RingBlockBuilder {
 public:
  static constexpr std::uint8_t kPoison = 0xA5;
  static constexpr std::uint32_t kAlignment = 8;  // V3_ALIGNMENT

  explicit RingBlockBuilder(std::uint32_t block_size_bytes, SlotKind kind = SlotKind::kEthernet,
                            std::uint64_t sequence = 1)
      : size_(block_size_bytes), memory_(allocate(block_size_bytes)) {
    layout_.block_size_bytes = block_size_bytes;
    layout_.slot_kind = kind;
    open(sequence);
  }

  // prb_open_block: what is in the block is forgotten (and poisoned).
  void open(std::uint64_t sequence) {
    std::memset(data(), kPoison, size_);
    used_ = first_offset();
    last_slot_ = 0;
    packets_ = 0;
    sequence_ = sequence;
  }

  static constexpr std::uint32_t first_offset() {
    return align_up(sizeof(tpacket_block_desc), kAlignment) + align_up(kPrivateBytes, kAlignment);
  }

  // Offset of the packet's first byte within its slot (tpacket_rcv: macoff).
  std::uint32_t mac_offset(std::uint32_t maclen) const {
    constexpr std::uint32_t kHeadBytes =
        align_up(sizeof(tpacket3_hdr), TPACKET_ALIGNMENT) + sizeof(sockaddr_ll);
    if (layout_.slot_kind == SlotKind::kCooked) {
      return align_up(kHeadBytes, TPACKET_ALIGNMENT) + 16 + layout_.reserve_bytes();
    }
    const std::uint32_t netoff =
        align_up(kHeadBytes + std::max(maclen, 16U), TPACKET_ALIGNMENT) + layout_.reserve_bytes();
    return netoff - maclen;
  }

  // Bytes of the slot a frame of `caplen` takes.
  std::uint32_t slot_bytes(std::uint32_t caplen, std::uint32_t maclen = ETH_HLEN) const {
    return align_up(mac_offset(maclen) + caplen, kAlignment);
  }

  // False when the kernel would close the block instead (__packet_lookup_frame_in_block: the slot
  // must end before the block's end). The first frame of a block always goes in, cut to what the
  // block holds (tpacket_rcv: max_frame_len).
  bool try_add(const RingFrame& frame) {
    const std::uint32_t mac = mac_offset(frame.maclen);
    auto caplen = static_cast<std::uint32_t>(frame.data.size());
    const std::uint32_t max_frame_bytes = size_ - first_offset();
    if (mac + caplen > max_frame_bytes) caplen = max_frame_bytes - mac;
    const std::uint32_t total = align_up(mac + caplen, kAlignment);
    if (packets_ != 0 && used_ + total >= size_) return false;
    std::uint8_t* const slot = data() + used_;
    tpacket3_hdr head{};
    head.tp_next_offset = total;
    head.tp_sec = static_cast<std::uint32_t>(frame.timestamp_ns / 1'000'000'000);
    head.tp_nsec = static_cast<std::uint32_t>(frame.timestamp_ns % 1'000'000'000);
    head.tp_snaplen = caplen;
    head.tp_len =
        frame.wirelen != 0 ? frame.wirelen : static_cast<std::uint32_t>(frame.data.size());
    head.tp_status = TP_STATUS_USER;
    head.tp_mac = static_cast<std::uint16_t>(mac);
    head.tp_net = static_cast<std::uint16_t>(mac + frame.maclen);
    head.hv1.tp_rxhash = 0xA5A5A5A5;
    if (frame.vlan_tci) {
      head.tp_status |= TP_STATUS_VLAN_VALID;
      head.hv1.tp_vlan_tci = *frame.vlan_tci;
      if (frame.vlan_tpid) {
        head.tp_status |= TP_STATUS_VLAN_TPID_VALID;
        head.hv1.tp_vlan_tpid = *frame.vlan_tpid;
      }
    }
    std::memcpy(slot, &head, sizeof(head));
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(frame.protocol);
    address.sll_ifindex = frame.interface_index;
    address.sll_hatype = frame.hardware_type;
    address.sll_pkttype = frame.packet_type;
    address.sll_halen = 6;
    std::memcpy(address.sll_addr, kLinkAddress, sizeof(kLinkAddress));
    std::memcpy(slot + align_up(sizeof(tpacket3_hdr), TPACKET_ALIGNMENT), &address,
                sizeof(address));
    std::copy_n(frame.data.data(), caplen, slot + mac);
    last_slot_ = used_;
    used_ += total;
    ++packets_;
    return true;
  }

  // Bytes that are left for another slot, which must be fewer than this.
  std::uint32_t room() const { return size_ - used_; }

  // prb_close_block: the block is ours now.
  std::uint8_t* close() {
    tpacket_block_desc descriptor{};
    descriptor.version = 1;
    descriptor.offset_to_priv = align_up(sizeof(tpacket_block_desc), kAlignment);
    tpacket_hdr_v1& head = descriptor.hdr.bh1;
    head.block_status = status();
    head.num_pkts = packets_;
    head.offset_to_first_pkt = first_offset();
    head.blk_len = used_;
    head.seq_num = sequence_;
    head.ts_first_pkt.ts_sec = 0xA5A5A5A5;
    head.ts_last_pkt.ts_sec = 0xA5A5A5A5;
    std::memcpy(data(), &descriptor, sizeof(descriptor));
    if (packets_ != 0) {  // the last slot has no next one
      const std::uint32_t none = 0;
      std::memcpy(data() + last_slot_, &none, sizeof(none));
    }
    return data();
  }

  static constexpr std::uint32_t status() { return TP_STATUS_USER | TP_STATUS_BLK_TMO; }
  static constexpr std::uint8_t kLinkAddress[8] = {2, 0, 0, 0, 0, 0x11, 0, 0};

  std::uint8_t* data() const noexcept { return memory_.get(); }
  std::uint32_t size() const noexcept { return size_; }
  std::uint32_t packets() const noexcept { return packets_; }
  std::uint32_t used() const noexcept { return used_; }
  std::uint32_t last_slot() const noexcept { return last_slot_; }
  std::span<const std::uint8_t> bytes() const noexcept { return {data(), size_}; }

 private:
  struct Free {
    void operator()(std::uint8_t* memory) const noexcept { std::free(memory); }
  };
  static std::unique_ptr<std::uint8_t, Free> allocate(std::uint32_t size) {
    void* memory = std::aligned_alloc(4096, size);
    if (memory == nullptr) throw std::bad_alloc();
    return std::unique_ptr<std::uint8_t, Free>(static_cast<std::uint8_t*>(memory));
  }

  RingLayout layout_;
  std::uint32_t size_;
  std::unique_ptr<std::uint8_t, Free> memory_;
  std::uint32_t used_ = 0;
  std::uint32_t last_slot_ = 0;
  std::uint32_t packets_ = 0;
  std::uint64_t sequence_ = 1;
};

}  // namespace capstan::test
