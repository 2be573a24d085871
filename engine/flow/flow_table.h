// FlowTable: every conversation on the link, found by its addresses, in bounded number.
//
// Fixed memory: an array of flows and a hash index, both reserved at the start and used page by
// page. Idle time is measured on the arrival clock (arrival_clock.h), never on the packets' own
// times. When the array is full, the flow that has been idle longest is ended, whoever sends; a
// flood of half-open connections costs older idle flows, but no more memory. The hash is keyed:
// nobody can aim at one bucket.
#pragma once

#include <sys/mman.h>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <new>

#include "engine/core/check.h"
#include "engine/core/errors.h"
#include "engine/core/mmap_region.h"
#include "engine/flow/transport.h"

namespace capstan {

// Addresses and ports with the smaller end first, so that both directions have the same key. VLANs
// are part of it: the same addresses on two VLANs are two flows.
struct FlowKey {
  Address low{};
  Address high{};
  std::uint16_t low_port = 0;
  std::uint16_t high_port = 0;
  std::array<std::uint16_t, 2> vlans{};
  std::uint8_t protocol = 0;
  std::uint8_t ip_version = 0;
  Carrier carrier = Carrier::kIp;
  std::array<std::uint8_t, 5> zero{};  // fills the key to a multiple of 8

  friend bool operator==(const FlowKey& a, const FlowKey& b) noexcept {
    return std::memcmp(&a, &b, sizeof(FlowKey)) == 0;
  }
};
static_assert(sizeof(FlowKey) == 48);

struct OrientedKey {
  FlowKey key;
  bool low_is_source = false;
};
OrientedKey make_flow_key(const TransportPacket& packet) noexcept;

enum class TcpState : std::uint8_t {
  kNone,
  kSynSent,
  kSynReceived,
  kEstablished,
  kClosing,
  kClosed,
  kReset
};
const char* tcp_state_name(TcpState state) noexcept;  // Suricata's name where it has one

enum class FlowList : std::uint8_t { kActive, kDatagram, kClosing };
inline constexpr std::size_t kFlowLists = 3;

// One conversation. `State` belongs to the table's owner and is constructed with the flow.
template <typename State>
struct Flow {
  FlowKey key;
  std::uint64_t first_ns = 0;  // the packet times of its first and its last packet
  std::uint64_t last_ns = 0;
  std::uint64_t arrived_ns = 0;            // when it was last used, on the arrival clock
  std::array<std::uint64_t, 2> packets{};  // [0]: sent by the initiator
  std::array<std::uint64_t, 2> bytes{};    // on the wire, of whole packets
  std::uint64_t listed_ns = 0;             // arrival time of its last move to the list's front
  std::uint32_t hash = 0;
  std::uint32_t newer = 0;  // neighbours in the list that the flow is in
  std::uint32_t older = 0;
  bool low_is_initiator = false;
  bool orientation_known = false;  // a SYN or SYN-ACK showed which side is the initiator
  TcpState tcp_state = TcpState::kNone;
  FlowList list = FlowList::kActive;
  std::uint8_t flags_seen = 0;  // all TCP flags of both directions
  State state;
};

struct FlowLimits {
  std::uint32_t max_flows = 262144;
  // How long a flow of each list may be idle before it is ended. Nanoseconds.
  std::array<std::uint64_t, kFlowLists> idle_ns = {3600'000'000'000, 300'000'000'000,
                                                   10'000'000'000};
};

// One thread. Arrival times never go backwards. `Owner` is called for each flow that ends, before
// its slot is used again:
//   void on_flow_end(Flow<State>& flow, bool evicted);
template <typename State, typename Owner>
class FlowTable {
 public:
  using FlowType = Flow<State>;

  // Throws std::system_error when the memory cannot be reserved.
  FlowTable(const FlowLimits& limits, std::uint64_t hash_key, Owner& owner)
      : limits_(limits), hash_key_(hash_key), owner_(owner) {
    const std::size_t slots = std::bit_ceil(std::size_t{limits.max_flows} * 2);
    flows_ = reserve((std::size_t{limits.max_flows} + 1) * sizeof(FlowType));
    index_ = reserve(slots * sizeof(Slot));
    mask_ = static_cast<std::uint32_t>(slots - 1);
  }
  ~FlowTable() { clear(); }
  FlowTable(const FlowTable&) = delete;
  FlowTable& operator=(const FlowTable&) = delete;

  // Prefetches the flow's memory; called some packets before the flow is looked up.
  std::uint32_t prefetch(const FlowKey& key) const noexcept {
    const std::uint32_t hash = hash_of(key);
    __builtin_prefetch(&slot(hash & mask_));
    return hash;
  }
  void prefetch_flow(std::uint32_t hash) const noexcept {
    const Slot& first = slot(hash & mask_);
    if (first.flow != 0) {
      const char* const address = reinterpret_cast<const char*>(&flow(first.flow));
      for (std::size_t line = 0; line < sizeof(FlowType); line += 64)
        __builtin_prefetch(address + line);
    }
  }

  std::uint32_t hash_of(const FlowKey& key) const noexcept {
    std::array<std::uint64_t, 6> words;
    std::memcpy(words.data(), &key, sizeof(key));
    std::uint64_t mixed = hash_key_;
    for (const std::uint64_t word : words) {
      mixed = (mixed ^ word) * 0x9e3779b97f4a7c15ULL;
      mixed ^= mixed >> 32;
    }
    mixed *= 0xd6e8feb86659fd93ULL;
    return static_cast<std::uint32_t>(mixed ^ (mixed >> 32));
  }

  FlowType* find(const FlowKey& key, std::uint32_t hash) noexcept {
    for (std::uint32_t at = hash & mask_; slot(at).flow != 0; at = (at + 1) & mask_) {
      if (slot(at).hash == hash && flow(slot(at).flow).key == key) return &flow(slot(at).flow);
    }
    return nullptr;
  }

  // Adds a flow. When the table is full, the flow that has been idle longest is ended first.
  FlowType& insert(const FlowKey& key, std::uint32_t hash, FlowList list, std::uint64_t packet_ns,
                   std::uint64_t arrival_ns) {
    if (count_ == limits_.max_flows) {
      ++evicted_;
      end(flow(oldest()), true);
    }
    std::uint32_t number = free_;
    if (number != 0) {
      free_ = flow_links(number);
    } else {
      number = ++carved_;
    }
    FlowType* const made = new (&flow(number)) FlowType;
    made->key = key;
    made->hash = hash;
    made->first_ns = made->last_ns = packet_ns;
    made->arrived_ns = made->listed_ns = arrival_ns;
    made->list = list;
    std::uint32_t at = hash & mask_;
    while (slot(at).flow != 0) at = (at + 1) & mask_;
    slot(at) = {hash, number};
    link(number);
    ++count_;
    peak_ = count_ > peak_ ? count_ : peak_;
    return *made;
  }

  // Notes that the flow was just used. Moves it to the front of its list at most once per second:
  // the order need not be more precise, and two neighbours' cache lines are not touched.
  void touch(FlowType& used, std::uint64_t packet_ns, std::uint64_t arrival_ns) noexcept {
    used.last_ns = packet_ns;
    used.arrived_ns = arrival_ns;
    constexpr std::uint64_t kStep = 1'000'000'000;
    if (arrival_ns - used.listed_ns < kStep) return;
    used.listed_ns = arrival_ns;
    const std::uint32_t number = number_of(used);
    unlink(number);
    link(number);
  }
  void move_to(FlowType& moved, FlowList list) noexcept {
    if (moved.list == list) return;
    const std::uint32_t number = number_of(moved);
    unlink(number);
    moved.list = list;
    link(number);
  }

  // Ends flows that were idle for too long: at most `budget` of them.
  void expire(std::uint64_t arrival_ns, int budget) {
    for (std::size_t list = 0; list < kFlowLists; ++list) {
      while (budget > 0 && oldest_[list] != 0) {
        FlowType& candidate = flow(oldest_[list]);
        if (arrival_ns - candidate.listed_ns <= limits_.idle_ns[list]) break;
        --budget;
        // The order of the list is only accurate to a second: check the flow's own arrival time.
        if (arrival_ns - candidate.arrived_ns <= limits_.idle_ns[list]) {
          touch(candidate, candidate.last_ns, candidate.arrived_ns);
          break;
        }
        end(candidate, false);
      }
    }
  }

  void end(FlowType& ended, bool evicted) {
    owner_.on_flow_end(ended, evicted);
    const std::uint32_t number = number_of(ended);
    unlink(number);
    erase_slot(ended.hash, number);
    ended.~FlowType();
    flow_links(number) = free_;
    free_ = number;
    --count_;
  }
  // Ends the flow that has been idle longest, to free its memory. False when there is none.
  bool end_oldest() {
    if (count_ == 0) return false;
    ++evicted_;
    end(flow(oldest()), true);
    return true;
  }
  // Ends all flows; in each list the one that has been idle longest comes first.
  void clear() {
    for (std::size_t list = 0; list < kFlowLists; ++list) {
      while (oldest_[list] != 0) end(flow(oldest_[list]), false);
    }
  }

  std::uint32_t size() const noexcept { return count_; }
  std::uint32_t peak() const noexcept { return peak_; }
  std::uint64_t evicted() const noexcept { return evicted_; }
  // Memory of the array, as far as it has been used, and of the whole index.
  std::size_t memory_bytes() const noexcept {
    return std::size_t{carved_} * sizeof(FlowType) + index_.size();
  }

 private:
  struct Slot {
    std::uint32_t hash;
    std::uint32_t flow;  // the flow's number; 0: empty
  };

  static MmapRegion reserve(std::size_t bytes) {
    void* const address = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (address == MAP_FAILED) {
      throw_errno("reserving " + std::to_string(bytes) + " bytes for flows",
                  "Ask for fewer flows.");
    }
    static_cast<void>(::madvise(address, bytes, MADV_HUGEPAGE));
    return MmapRegion(address, bytes);
  }

  Slot& slot(std::uint32_t at) const noexcept { return reinterpret_cast<Slot*>(index_.data())[at]; }
  FlowType& flow(std::uint32_t number) const noexcept {
    return reinterpret_cast<FlowType*>(flows_.data())[number];
  }
  std::uint32_t number_of(const FlowType& one) const noexcept {
    return static_cast<std::uint32_t>(&one - reinterpret_cast<const FlowType*>(flows_.data()));
  }
  // A free slot stores the number of the next free slot.
  std::uint32_t& flow_links(std::uint32_t number) const noexcept {
    return *reinterpret_cast<std::uint32_t*>(flows_.data() +
                                             std::size_t{number} * sizeof(FlowType));
  }

  std::uint32_t oldest() const noexcept {
    std::uint32_t best = 0;
    for (const std::uint32_t candidate : oldest_) {
      if (candidate != 0 && (best == 0 || flow(candidate).listed_ns < flow(best).listed_ns)) {
        best = candidate;
      }
    }
    return best;
  }

  void link(std::uint32_t number) noexcept {
    FlowType& linked = flow(number);
    const auto list = static_cast<std::size_t>(linked.list);
    linked.newer = 0;
    linked.older = newest_[list];
    if (newest_[list] != 0) flow(newest_[list]).newer = number;
    newest_[list] = number;
    if (oldest_[list] == 0) oldest_[list] = number;
  }
  void unlink(std::uint32_t number) noexcept {
    FlowType& unlinked = flow(number);
    const auto list = static_cast<std::size_t>(unlinked.list);
    if (unlinked.newer != 0) {
      flow(unlinked.newer).older = unlinked.older;
    } else {
      newest_[list] = unlinked.older;
    }
    if (unlinked.older != 0) {
      flow(unlinked.older).newer = unlinked.newer;
    } else {
      oldest_[list] = unlinked.newer;
    }
  }

  // Linear probing: entries after a freed slot move back as far as their own hash place allows.
  void erase_slot(std::uint32_t hash, std::uint32_t number) noexcept {
    std::uint32_t at = hash & mask_;
    while (slot(at).flow != number) at = (at + 1) & mask_;
    std::uint32_t next = at;
    while (true) {
      next = (next + 1) & mask_;
      if (slot(next).flow == 0) break;
      const std::uint32_t home = slot(next).hash & mask_;
      if (((next - home) & mask_) >= ((next - at) & mask_)) {
        slot(at) = slot(next);
        at = next;
      }
    }
    slot(at) = {0, 0};
  }

  FlowLimits limits_;
  std::uint64_t hash_key_;
  Owner& owner_;
  MmapRegion flows_;
  MmapRegion index_;
  std::uint32_t mask_ = 0;
  std::uint32_t carved_ = 0;  // number of array elements ever used; flow number 0 means none
  std::uint32_t free_ = 0;
  std::uint32_t count_ = 0;
  std::uint32_t peak_ = 0;
  std::uint64_t evicted_ = 0;
  std::array<std::uint32_t, kFlowLists> newest_{};
  std::array<std::uint32_t, kFlowLists> oldest_{};
};

}  // namespace capstan
