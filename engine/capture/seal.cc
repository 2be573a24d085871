#include "engine/capture/seal.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "engine/core/clock.h"
#include "engine/format/block_head.h"
#include "engine/format/pcapng.h"

namespace capstan {

namespace {

using pcapng::kBlockTrailerBytes;
using pcapng::kEnhancedPacketHeadBytes;
using pcapng::kOptionHeaderBytes;
using pcapng::padded4;

constexpr std::uint32_t kVlanTagBytes = 4;
constexpr std::uint32_t kMacAddressesBytes = 2 * ETH_ALEN;
constexpr std::uint32_t kSll2HeadBytes = 20;
constexpr std::uint32_t kLinkAddressOffset = TPACKET_ALIGN(sizeof(tpacket3_hdr));
constexpr std::uint32_t kSlotAlignment = 8;  // V3_ALIGNMENT in af_packet.c

// Interface Statistics Block: head, isb_ifrecv, isb_osdrop, end of options, trailer.
constexpr std::uint32_t kStatisticsBytes = pcapng::kInterfaceStatisticsHeadBytes +
                                           2 * (kOptionHeaderBytes + 8) + kOptionHeaderBytes +
                                           kBlockTrailerBytes;
constexpr std::uint32_t kBlockHeadMinBytes = sizeof(BlockHead) + kBlockTrailerBytes;
constexpr std::uint32_t kPrologueMinBytes = kBlockHeadMinBytes + kStatisticsBytes;

constexpr std::uint32_t kFlagsOptionBytes = kOptionHeaderBytes + 4;
constexpr std::uint32_t kQueueOptionBytes = kOptionHeaderBytes + 4;
constexpr std::uint32_t kDropCountOptionBytes = kOptionHeaderBytes + 8;

template <typename T>
void store(std::uint8_t* at, T value) noexcept {
  std::memcpy(at, &value, sizeof(value));
}

template <typename T>
T load(const std::uint8_t* at) noexcept {
  T value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

// Asks for the line to be written. The kernel's CPU has it modified: without the intent to write it
// would come over shared first and be asked for again at the store. Free where it is wrong: a
// prefetch never faults.
inline void prefetch_for_write(const std::uint8_t* at) noexcept {
#if defined(__x86_64__)
  asm volatile("prefetchw %0" : : "m"(*at));
#else
  __builtin_prefetch(at, 1);
#endif
}

// How many slots ahead: enough for a line to come from another core's cache or from memory.
constexpr std::ptrdiff_t kPrefetchSlots = 4;

void store_option_header(std::uint8_t* at, std::uint16_t code, std::uint16_t length) noexcept {
  store(at, pcapng::OptionHeader{code, length});
}

// epb_flags for each sll_pkttype (packet(7)): PACKET_HOST, BROADCAST, MULTICAST, OTHERHOST,
// OUTGOING.
constexpr std::array<std::uint32_t, 8> kFlagsByPacketType = {
    pcapng::kEpbInbound | pcapng::kEpbUnicast,
    pcapng::kEpbInbound | pcapng::kEpbBroadcast,
    pcapng::kEpbInbound | pcapng::kEpbMulticast,
    pcapng::kEpbInbound | pcapng::kEpbPromiscuous,
    pcapng::kEpbOutbound,
    0,
    0,
    0};

// One packet between its slot head, which is about to be overwritten, and its Enhanced Packet
// Block.
struct Frame {
  std::uint8_t* data;  // first byte to be stored, VLAN tag and cooked head included
  std::uint32_t caplen;
  std::uint32_t wirelen;
  std::uint32_t flags;
  std::uint64_t timestamp_ns;
  std::uint8_t* next_slot;
  bool truncated;
};

bool is_vlan_tpid(std::uint16_t protocol) noexcept {
  return protocol == htons(ETH_P_8021Q) || protocol == htons(ETH_P_8021AD);
}

// Whether a whole IPv4 header with a right checksum (RFC 791) begins at `at`.
bool is_ipv4_header(const std::uint8_t* at, std::size_t size) noexcept {
  const std::size_t length = size == 0 ? 0 : std::size_t{at[0] & 0xFU} * 4;
  if (length < 20 || length > size || at[0] >> 4 != 4) return false;
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < length; i += 2)
    sum += static_cast<std::uint32_t>(at[i] << 8 | at[i + 1]);
  while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
  return sum == 0xFFFF;
}

// Whether a cooked packet begins with another tag's TCI. Since Linux 6.10 sll_protocol is the one
// behind all tags (vlan_get_protocol_dgram), so only the bytes tell: what stands where a tag's
// EtherType would must lead to that protocol.
bool begins_with_tag(const Frame& frame, std::uint16_t protocol) noexcept {
  std::size_t at = 0;
  while (frame.caplen >= at + 4 && is_vlan_tpid(load<std::uint16_t>(frame.data + at + 2))) at += 4;
  if (frame.caplen < at + 4 || load<std::uint16_t>(frame.data + at + 2) != protocol) return false;
  at += 4;
  const unsigned version = frame.caplen > at ? frame.data[at] >> 4 : 0U;
  if (protocol == htons(ETH_P_IP)) return version == 4 && !is_ipv4_header(frame.data, frame.caplen);
  if (protocol == htons(ETH_P_IPV6)) return version == 6;
  return true;
}

// Puts the VLAN tag back that the kernel took out of the packet (skb_vlan_untag), where the capture
// began: behind the MAC addresses for Ethernet, in front of the network header when cooked.
void restore_vlan_tag(Frame& frame, const tpacket3_hdr& head, const SealContext& context,
                      std::uint16_t& cooked_protocol) noexcept {
  const std::uint16_t tpid = (head.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0
                                 ? head.hv1.tp_vlan_tpid
                                 : std::uint16_t{ETH_P_8021Q};
  const auto tci = static_cast<std::uint16_t>(head.hv1.tp_vlan_tci);
  if (context.slot_kind == SlotKind::kCooked) {
    if (!is_vlan_tpid(cooked_protocol) && begins_with_tag(frame, cooked_protocol)) {
      if (load<std::uint16_t>(frame.data) == htons(tci)) {  // this very tag, of an outgoing packet
        cooked_protocol = htons(tpid);
        return;
      }
      cooked_protocol = htons(ETH_P_8021Q);  // what it was is not told
    }
    frame.data -= kVlanTagBytes;
    store(frame.data, htons(tci));
    store(frame.data + 2, cooked_protocol);
    cooked_protocol = htons(tpid);
  } else {
    if (context.slot_kind != SlotKind::kEthernet) return;
    if (frame.caplen < kMacAddressesBytes) {  // ends in front of the tag's place; was it cut there?
      if (frame.caplen < frame.wirelen) frame.wirelen += kVlanTagBytes;
      return;
    }
    frame.data -= kVlanTagBytes;
    std::memmove(frame.data, frame.data + kVlanTagBytes, kMacAddressesBytes);
    store(frame.data + kMacAddressesBytes, htons(tpid));
    store(frame.data + kMacAddressesBytes + 2, htons(tci));
  }
  frame.caplen += kVlanTagBytes;
  frame.wirelen += kVlanTagBytes;
}

// Writes the LINUX_SLL2 header (https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html).
void write_cooked_head(Frame& frame, const sockaddr_ll& address, std::uint16_t protocol) noexcept {
  frame.data -= kSll2HeadBytes;
  store(frame.data, protocol);
  store(frame.data + 2, std::uint16_t{0});
  store(frame.data + 4, htonl(static_cast<std::uint32_t>(address.sll_ifindex)));
  store(frame.data + 8, htons(address.sll_hatype));
  frame.data[10] = address.sll_pkttype;
  frame.data[11] = std::min<std::uint8_t>(address.sll_halen, 8);
  std::memcpy(frame.data + 12, address.sll_addr, 8);
  frame.caplen += kSll2HeadBytes;
  frame.wirelen += kSll2HeadBytes;
}

class Sealer {
 public:
  Sealer(std::uint8_t* block, const SealContext& context, const SealLedger& ledger) noexcept
      : block_(block), context_(context), ledger_(ledger) {}

  SealResult run(std::uint32_t packet_limit) noexcept;

 private:
  bool read_frame(std::uint8_t* slot, bool last, Frame& frame) const noexcept;
  Frame finish_uncommon(const std::uint8_t* slot, Frame frame) const noexcept;
  void write_packet_head(std::uint8_t* at, const Frame& frame) const noexcept;
  template <bool kLast>
  void write_tail(std::uint8_t* at, std::uint8_t* next, const Frame& frame,
                  std::uint8_t* packet_head, std::uint64_t dropcount) const noexcept;
  void write_prologue(std::uint32_t size, const SealResult& result) const noexcept;
  bool make_room_for_trailer(Frame& frame, std::uint8_t* packet_head) const noexcept;

  std::uint8_t* const block_;
  const SealContext& context_;
  const SealLedger& ledger_;
  std::uint8_t* end_ = nullptr;        // of what the kernel filled
  std::uint8_t* last_data_ = nullptr;  // where a packet without a byte may start at the latest
};

// Takes everything out of the slot head that the seal needs, field by field: a copy of the whole
// head would pass through memory, and its vector stores stall the loads that follow. False when the
// head makes no sense.
inline bool Sealer::read_frame(std::uint8_t* slot, bool last, Frame& frame) const noexcept {
  const auto next_offset = load<std::uint32_t>(slot + offsetof(tpacket3_hdr, tp_next_offset));
  const auto snaplen = load<std::uint32_t>(slot + offsetof(tpacket3_hdr, tp_snaplen));
  const auto wirelen = load<std::uint32_t>(slot + offsetof(tpacket3_hdr, tp_len));
  const auto status = load<std::uint32_t>(slot + offsetof(tpacket3_hdr, tp_status));
  const auto mac = load<std::uint16_t>(slot + offsetof(tpacket3_hdr, tp_mac));
  const std::uint64_t room = static_cast<std::uint64_t>(end_ - slot);
  const std::uint64_t slot_bytes = last ? room : next_offset;
  std::uint8_t* const data = slot + mac;
  // The facts all later arithmetic rests on; a violation would be a kernel bug, none is trusted.
  // The last: there is room for the trailing length.
  if (slot_bytes > room || slot_bytes % kSlotAlignment != 0 || mac < kLinkAddressOffset ||
      snaplen > wirelen || std::uint64_t{mac} + snaplen > slot_bytes || data > last_data_) {
    return false;
  }
  frame.data = data;
  frame.caplen = snaplen;
  frame.wirelen = wirelen;
  frame.timestamp_ns =
      load<std::uint32_t>(slot + offsetof(tpacket3_hdr, tp_sec)) * kNanosecondsPerSecond +
      load<std::uint32_t>(slot + offsetof(tpacket3_hdr, tp_nsec));
  frame.next_slot = slot + slot_bytes;
  frame.flags =
      kFlagsByPacketType[slot[kLinkAddressOffset + offsetof(sockaddr_ll, sll_pkttype)] & 7];
  frame.truncated = false;
  if ((status & TP_STATUS_VLAN_VALID) != 0 || context_.slot_kind == SlotKind::kCooked ||
      (snaplen < wirelen && snaplen < context_.snaplen) ||
      (reinterpret_cast<std::uintptr_t>(data) & 3) != 0) [[unlikely]] {
    frame = finish_uncommon(slot, frame);
  }
  return true;
}

// VLAN tags, cooked heads, cut packets, and link headers of unusual length that leave the packet at
// an odd place: it is then moved down by the 1 to 3 bytes that make its head 4-aligned.
// Not inlined and by value, so that the common frame stays in registers.
[[gnu::noinline]] Frame Sealer::finish_uncommon(const std::uint8_t* slot,
                                                Frame frame) const noexcept {
  const auto head = load<tpacket3_hdr>(slot);
  frame.truncated = head.tp_snaplen < head.tp_len && head.tp_snaplen < context_.snaplen;
  sockaddr_ll address;
  std::memcpy(&address, slot + kLinkAddressOffset, sizeof(address));
  std::uint16_t protocol = address.sll_protocol;
  if ((head.tp_status & TP_STATUS_VLAN_VALID) != 0) {
    restore_vlan_tag(frame, head, context_, protocol);
  }
  if (context_.slot_kind == SlotKind::kCooked) write_cooked_head(frame, address, protocol);
  frame.caplen = std::min(frame.caplen, context_.snaplen);
  const auto shift = static_cast<std::uint32_t>((frame.data - block_) & 3);
  if (shift != 0) {
    std::memmove(frame.data - shift, frame.data, frame.caplen);
    frame.data -= shift;
  }
  return frame;
}

inline void Sealer::write_packet_head(std::uint8_t* at, const Frame& frame) const noexcept {
  pcapng::EnhancedPacketHead head;
  head.type = pcapng::kEnhancedPacketBlock;
  head.total_length = 0;  // known when the next packet's place is; write_tail() stores it
  head.interface_id = context_.interface_id;
  head.timestamp_high = static_cast<std::uint32_t>(frame.timestamp_ns >> 32);
  head.timestamp_low = static_cast<std::uint32_t>(frame.timestamp_ns);
  head.caplen = frame.caplen;
  head.wirelen = frame.wirelen;
  store(at, head);
}

// Fills [at, next), from a packet's last byte to where the next block begins, with padding,
// options, filler and the trailing length. Requires: next - padded4(at) >= 4 and a multiple of 4.
// Everything is written, so that nothing of the slot head that lay here reaches a file.
template <bool kLast>
inline void Sealer::write_tail(std::uint8_t* at, std::uint8_t* next, const Frame& frame,
                               std::uint8_t* packet_head, std::uint64_t dropcount) const noexcept {
  const auto gap = static_cast<std::size_t>(next - at);
  // 64 bytes at once compile to four stores. What they clear behind `next` is the head that the
  // caller writes now, never a byte of the next packet; behind the last packet nothing may be
  // touched.
  if (!kLast && gap <= 64 && gap + kEnhancedPacketHeadBytes >= 64) [[likely]] {
    std::memset(at, 0, 64);
  } else {
    std::memset(at, 0, gap);
  }
  std::uint8_t* option = block_ + padded4(static_cast<std::size_t>(at - block_));
  std::uint8_t* const options_end = next - kBlockTrailerBytes;
  const auto total = static_cast<std::uint32_t>(next - packet_head);
  store(packet_head + 4, total);
  store(options_end, total);
  // Options need an end of options after them; what does not fit is left out.
  const auto left = [&] { return static_cast<std::size_t>(options_end - option); };
  if (dropcount != 0 && left() >= kDropCountOptionBytes + kOptionHeaderBytes) {
    store_option_header(option, pcapng::kEpbDropCount, 8);
    store(option + kOptionHeaderBytes, dropcount);
    option += kDropCountOptionBytes;
  }
  if (left() >= kFlagsOptionBytes + kQueueOptionBytes + 2 * kOptionHeaderBytes) [[likely]] {
    store_option_header(option, pcapng::kEpbFlags, 4);
    store(option + kOptionHeaderBytes, frame.flags);
    option += kFlagsOptionBytes;
    store_option_header(option, pcapng::kEpbQueue, 4);
    store(option + kOptionHeaderBytes, context_.ring);
    option += kQueueOptionBytes;
  }
  // What is left is one filler option and the end of options (both zero-filled above). With exactly
  // 4 bytes left the zeros are the end of options; with none there are no options at all.
  if (left() >= 2 * kOptionHeaderBytes) {
    store_option_header(option, pcapng::kOptCapstanFiller,
                        static_cast<std::uint16_t>(left() - 2 * kOptionHeaderBytes));
  }
}

// A packet too large for any block is cut by the kernel (tpacket_rcv: max_frame_len) and put into
// an empty one without a check for room, so that it ends with the block. It gives up its last bytes
// for its trailing length. False when there is room, as mostly.
bool Sealer::make_room_for_trailer(Frame& frame, std::uint8_t* packet_head) const noexcept {
  if (frame.data + frame.caplen <= last_data_) return false;
  frame.caplen = static_cast<std::uint32_t>(last_data_ - frame.data);
  store(packet_head + offsetof(pcapng::EnhancedPacketHead, caplen), frame.caplen);
  return true;
}

// The BlockHead and the statistics block, filling [0, size) except for block_status.
void Sealer::write_prologue(std::uint32_t size, const SealResult& result) const noexcept {
  const std::uint32_t head_bytes = size - kStatisticsBytes;
  BlockHead head{};
  head.type = pcapng::kCapstanBlockHead;
  head.total_length = head_bytes;
  head.magic = kBlockHeadMagic;
  head.ring = context_.ring;
  head.packet_count = result.packet_count;
  head.sequence = result.sequence;
  head.dropped = ledger_.dropped;
  head.received = ledger_.packets_before + result.packet_count + ledger_.dropped;
  head.freezes = ledger_.freezes;
  head.loss_begin_ns = ledger_.loss_begin_ns;
  head.loss_end_ns = ledger_.dropped_since_last == 0 ? 0 : result.first_timestamp_ns;
  head.output_packets = ledger_.output_packets_before + result.packet_count;
  std::memcpy(block_, &head, offsetof(BlockHead, kernel_status));
  constexpr std::size_t kAfterStatus = offsetof(BlockHead, magic);
  std::memcpy(block_ + kAfterStatus, reinterpret_cast<const std::uint8_t*>(&head) + kAfterStatus,
              sizeof(head) - kAfterStatus);
  std::memset(block_ + sizeof(head), 0, head_bytes - sizeof(head) - kBlockTrailerBytes);
  store(block_ + head_bytes - kBlockTrailerBytes, head_bytes);

  std::uint8_t* at = block_ + head_bytes;
  pcapng::InterfaceStatisticsHead statistics{};
  statistics.type = pcapng::kInterfaceStatisticsBlock;
  statistics.total_length = kStatisticsBytes;
  statistics.interface_id = context_.interface_id;
  statistics.timestamp_high = static_cast<std::uint32_t>(result.last_timestamp_ns >> 32);
  statistics.timestamp_low = static_cast<std::uint32_t>(result.last_timestamp_ns);
  store(at, statistics);
  at += sizeof(statistics);
  store_option_header(at, pcapng::kIsbInterfaceReceived, 8);
  store(at + kOptionHeaderBytes, head.received);
  at += kOptionHeaderBytes + 8;
  store_option_header(at, pcapng::kIsbOsDropped, 8);
  store(at + kOptionHeaderBytes, head.dropped);
  at += kOptionHeaderBytes + 8;
  store_option_header(at, pcapng::kOptEndOfOptions, 0);
  store(at + kOptionHeaderBytes, kStatisticsBytes);
}

SealResult Sealer::run(std::uint32_t packet_limit) noexcept {
  SealResult result;
  tpacket_block_desc descriptor;
  std::memcpy(&descriptor, block_, sizeof(descriptor));
  const tpacket_hdr_v1& kernel = descriptor.hdr.bh1;
  result.sequence = kernel.seq_num;
  const std::uint32_t announced = kernel.num_pkts;
  const std::uint32_t used = kernel.blk_len;
  const std::uint32_t wanted = std::min(announced, packet_limit);
  result.beyond_limit = announced - wanted;
  end_ = block_ + used;
  last_data_ = block_ + context_.block_size_bytes - kBlockTrailerBytes;

  Frame frame{};
  std::uint8_t* packet_head = nullptr;
  bool good = wanted > 0 && used <= context_.block_size_bytes &&
              kernel.offset_to_first_pkt < used &&
              kernel.offset_to_first_pkt % kSlotAlignment == 0 && used % kSlotAlignment == 0 &&
              kernel.offset_to_first_pkt >= sizeof(descriptor) &&
              read_frame(block_ + kernel.offset_to_first_pkt, announced == 1, frame);
  if (good) {
    packet_head = frame.data - kEnhancedPacketHeadBytes;
    good = packet_head - block_ >= std::ptrdiff_t{kPrologueMinBytes};
  }
  if (!good) {
    result.damaged = wanted;
    result.size_bytes = 0;
    return result;
  }
  const auto prologue_bytes = static_cast<std::uint32_t>(packet_head - block_);
  result.first_timestamp_ns = frame.timestamp_ns;
  std::uint64_t dropcount = ledger_.dropped_since_last;
  std::uint64_t captured = 0;
  std::uint32_t count = 0;
  while (true) {
    write_packet_head(packet_head, frame);
    captured += frame.caplen;
    result.truncated += frame.truncated ? 1 : 0;
    ++count;
    if (count == wanted) break;
    Frame next{};
    if (!read_frame(frame.next_slot, count + 1 == announced, next)) [[unlikely]] {
      result.damaged = wanted - count;
      break;
    }
    std::uint8_t* const next_head = next.data - kEnhancedPacketHeadBytes;
    std::uint8_t* const tail = frame.data + frame.caplen;
    if (next_head < block_ + padded4(static_cast<std::size_t>(tail - block_)) + kBlockTrailerBytes)
        [[unlikely]] {
      result.damaged = wanted - count;
      break;
    }
    // Slots of one size follow each other at one distance, so the guess is mostly right.
    const std::uint8_t* const ahead =
        next.next_slot + kPrefetchSlots * (next.next_slot - frame.next_slot);
    prefetch_for_write(ahead);
    prefetch_for_write(ahead + 64);
    write_tail<false>(tail, next_head, frame, packet_head, dropcount);
    dropcount = 0;
    packet_head = next_head;
    frame = next;
  }
  const std::uint32_t caplen = frame.caplen;
  if (make_room_for_trailer(frame, packet_head)) {
    captured -= caplen - frame.caplen;
    result.truncated += frame.truncated ? 0 : 1;
  }
  // The last packet's filler reaches to the alignment, for which there is room: the block's size is
  // a multiple of it too.
  const std::uint64_t data_end =
      padded4(static_cast<std::size_t>(frame.data + frame.caplen - block_));
  const std::uint64_t mask = context_.alignment_bytes - 1;
  const auto size = static_cast<std::uint32_t>((data_end + kBlockTrailerBytes + mask) & ~mask);
  write_tail<true>(frame.data + frame.caplen, block_ + size, frame, packet_head, dropcount);
  result.size_bytes = size;
  result.packet_count = count;
  result.captured_bytes = captured;
  result.last_timestamp_ns = frame.timestamp_ns;
  write_prologue(prologue_bytes, result);
  return result;
}

}  // namespace

std::uint32_t block_packet_count(const std::uint8_t* block) noexcept {
  tpacket_block_desc descriptor;
  std::memcpy(&descriptor, block, sizeof(descriptor));
  return descriptor.hdr.bh1.num_pkts;
}

SealResult seal_block(std::uint8_t* block, const SealContext& context, const SealLedger& ledger,
                      std::uint32_t packet_limit) noexcept {
  return Sealer(block, context, ledger).run(packet_limit);
}

}  // namespace capstan
