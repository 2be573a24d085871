// The ring engine: PACKET_TX_RING (packet(7), Documentation/networking/packet_mmap.rst), past the
// queueing discipline. Needs only CAP_NET_RAW in the interface's namespace.
//
// TPACKET_V2: V3 has no advantage for sending. The kernel sends slots in place: all of a frame but
// its Ethernet header stays in the slot, which is ours again when the receiver has let go of it or
// has copied it ("packet: copy user buffers before orphan or clone", Linux 4.20).
#include <fmt/format.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <limits>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "engine/core/mmap_region.h"
#include "tools/traffic/engine.h"
#include "tools/traffic/frame_format.h"

namespace capstan::traffic {

namespace {

constexpr std::uint32_t kSlots = 4096;
constexpr std::uint32_t kLargestRingBytes = 64U << 20;
constexpr std::uint32_t kRingBatch = 256;
// packet(7): the frame's data in a slot to send from begins here (tpacket_parse_header).
constexpr std::uint32_t kDataOffset = TPACKET2_HDRLEN - sizeof(sockaddr_ll);
// Shorter waits are spun: a sleep oversleeps by some 60 microseconds.
constexpr std::uint64_t kSpinNs = 100'000;
constexpr std::uint64_t kMtuLookNs = 100 * kNanosecondsPerMillisecond;
constexpr std::uint64_t kLongestSleepNs = 20 * kNanosecondsPerMillisecond;

class RingEngine {
 public:
  RingEngine(const Job& job, FrameFeed& feed, BlastResult& result)
      : job_(job), feed_(feed), result_(result), counter_(job.link, SentBy::kPacket) {
    open_socket();
    map_ring();
  }

  void run() {
    const BlastOptions& options = job_.options;
    start_ns_ = monotonic_clock_ns();
    const std::uint64_t end_ns =
        options.duration_ns == 0 ? std::numeric_limits<std::uint64_t>::max() : options.duration_ns;
    std::uint64_t now = 0;
    while (!feed_.is_done() && now < end_ns && !job_.stop.load(std::memory_order_relaxed)) {
      const std::uint64_t wait = fill_due(now);
      if (pending_ > 0) send();
      if (wait > 0) pause(std::min(wait, end_ns - now));
      now = monotonic_clock_ns() - start_ns_;
    }
    result_.interrupted = !feed_.is_done() && now < end_ns;
    result_.duration_ns = monotonic_clock_ns() - start_ns_;
    drain();
    finish();
  }

 private:
  void open_socket() {
    // Protocol 0: nothing is to be received here.
    socket_.reset(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
    if (!socket_) {
      throw_errno("socket(AF_PACKET, SOCK_RAW)", "It needs CAP_NET_RAW: run as root");
    }
    set_option(PACKET_VERSION, TPACKET_V2, "PACKET_VERSION");
    if (!job_.link.is_loopback) set_option(PACKET_QDISC_BYPASS, 1, "PACKET_QDISC_BYPASS");
  }

  void set_option(int option, int value, const char* name) {
    if (::setsockopt(socket_.get(), SOL_PACKET, option, &value, sizeof(value)) != 0) {
      throw_errno(fmt::format("setsockopt({}, {})", name, value));
    }
  }

  void map_ring() {
    slot_size_ = std::bit_ceil(kDataOffset + feed_.buffer_size());
    tpacket_req request{};
    slots_ = std::min(kSlots, std::max(kLargestRingBytes / slot_size_, 16U));
    request.tp_frame_size = slot_size_;
    request.tp_frame_nr = slots_;
    request.tp_block_size = std::max(slot_size_, 65536U);
    request.tp_block_nr = slots_ / (request.tp_block_size / slot_size_);
    if (::setsockopt(socket_.get(), SOL_PACKET, PACKET_TX_RING, &request, sizeof(request)) != 0) {
      throw_errno(
          fmt::format("setsockopt(PACKET_TX_RING, {} slots of {} bytes)", slots_, slot_size_));
    }
    const std::size_t size = std::size_t{request.tp_block_size} * request.tp_block_nr;
    void* const address =
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, socket_.get(), 0);
    if (address == MAP_FAILED) throw_errno(fmt::format("mmap send ring, {} bytes", size));
    ring_ = MmapRegion(address, size);
    sockaddr_ll where{};
    where.sll_family = AF_PACKET;
    where.sll_ifindex = job_.link.ifindex;
    if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&where), sizeof(where)) != 0) {
      throw_errno(fmt::format("bind to {}", job_.link.name));
    }
    for (std::uint32_t slot = 0; slot < slots_; ++slot) {
      FramePlan::write_filler({frame_of(slot), feed_.buffer_size()});
    }
  }

  tpacket2_hdr* header_of(std::uint32_t slot) const noexcept {
    return reinterpret_cast<tpacket2_hdr*>(ring_.data() + std::size_t{slot} * slot_size_);
  }
  std::uint8_t* frame_of(std::uint32_t slot) const noexcept {
    return ring_.data() + std::size_t{slot} * slot_size_ + kDataOffset;
  }

  // tp_status goes to and fro between the kernel and us: what it says must be read before the slot
  // is touched and written after.
  std::uint32_t status(std::uint32_t slot) const noexcept {
    return __atomic_load_n(&header_of(slot)->tp_status, __ATOMIC_ACQUIRE);
  }
  void set_status(std::uint32_t slot, std::uint32_t value) noexcept {
    __atomic_store_n(&header_of(slot)->tp_status, value, __ATOMIC_RELEASE);
  }

  // Fills slots with what is due, a batch at most. Returns the wait until the next frame, 0 when
  // there is more to do now.
  std::uint64_t fill_due(std::uint64_t now) {
    while (pending_ < kRingBatch && !feed_.is_done()) {
      const std::uint64_t wait = feed_.wait_ns(now);
      if (wait > 0) return wait;
      const std::uint32_t slot_status = status(next_slot_);
      if (slot_status != TP_STATUS_AVAILABLE) {
        if (pending_ == 0) wait_for_slot();
        return 0;
      }
      const std::uint32_t size = feed_.write(frame_of(next_slot_));
      if (passed_mtu_ != 0 && is_too_long(size)) {
        ++result_.too_long;
        continue;
      }
      header_of(next_slot_)->tp_len = size;
      set_status(next_slot_, TP_STATUS_SEND_REQUEST);
      next_slot_ = (next_slot_ + 1) % slots_;
      ++frames_;
      result_.bytes += size;
      ++pending_;
    }
    return 0;
  }

  // The MTU has become smaller while sending: from here on what does not fit is not given to the
  // kernel, which writes a line to its log for each (tpacket_parse_header).
  bool is_too_long(std::uint32_t size) {
    const std::uint64_t now_ns = monotonic_clock_ns();
    if (now_ns >= next_mtu_look_ns_) {
      passed_mtu_ = read_link(job_.link.ifindex).mtu;
      next_mtu_look_ns_ = now_ns + kMtuLookNs;
    }
    const std::uint8_t* const frame = frame_of(next_slot_);
    const bool is_tagged = frame[12] == 0x81 && frame[13] == 0x00;
    return size > passed_mtu_ + kEthernetSize + (is_tagged ? kVlanTagSize : 0);
  }

  // The kernel stops at a slot whose frame it will not take and stays there: the frame is taken out
  // of the row and those behind it move up.
  void take_out_refused() {
    std::uint32_t slot = next_slot_;
    for (std::uint32_t looked = 0; looked < slots_; ++looked) {
      slot = (slot + slots_ - 1) % slots_;
      if ((status(slot) & TP_STATUS_WRONG_FORMAT) != 0) break;
    }
    if ((status(slot) & TP_STATUS_WRONG_FORMAT) == 0) {
      throw_system_error(EMSGSIZE, fmt::format("send to {} (MTU {}, frames up to {} bytes)",
                                               job_.link.name, job_.link.mtu, feed_.buffer_size()));
    }
    passed_mtu_ = read_link(job_.link.ifindex).mtu;
    next_mtu_look_ns_ = monotonic_clock_ns() + kMtuLookNs;
    ++result_.too_long;
    --frames_;
    result_.bytes -= header_of(slot)->tp_len;
    for (std::uint32_t behind = (slot + 1) % slots_; behind != next_slot_;
         behind = (behind + 1) % slots_) {
      header_of(slot)->tp_len = header_of(behind)->tp_len;
      std::memcpy(frame_of(slot), frame_of(behind), header_of(behind)->tp_len);
      set_status(slot, TP_STATUS_SEND_REQUEST);
      slot = behind;
    }
    set_status(slot, TP_STATUS_AVAILABLE);
    next_slot_ = slot;
  }

  // Hands the filled slots to the kernel. 0, or the errno value of why some of them wait.
  int kick() {
    if (::sendto(socket_.get(), nullptr, 0, MSG_DONTWAIT, nullptr, 0) >= 0) return 0;
    const int error = errno;
    if (error == EMSGSIZE || error == EINVAL) take_out_refused();
    return error;
  }

  // What the kernel could not take stays marked and goes with the next call.
  void send() {
    int error = kick();
    while (error == EMSGSIZE || error == EINVAL) error = kick();
    pending_ = 0;
    if (error == 0) return;
    // ENOBUFS, EAGAIN: the device or the socket's send buffer is full, the slots keep their place.
    if (error != ENOBUFS && error != EAGAIN && error != EINTR) {
      throw_system_error(error, fmt::format("send to {} after {} frames", job_.link.name, frames_));
    }
    wait_for_slot();
  }

  void wait_for_slot() {
    // Slots the kernel has not looked at yet are none it will give back by itself.
    (void)kick();
    pollfd waiter{socket_.get(), POLLOUT, 0};
    (void)::poll(&waiter, 1, 1);
  }

  static void pause(std::uint64_t wait) {
    if (wait <= kSpinNs) return;
    sleep_ns(std::min(wait - kSpinNs / 2, kLongestSleepNs));
  }

  // Waits until the kernel has taken every slot, 2 s at most; what it has not by then was not sent.
  void drain() {
    const std::uint64_t limit = monotonic_clock_ns() + 2 * kNanosecondsPerSecond;
    while (unsent() > 0 && monotonic_clock_ns() < limit) wait_for_slot();
  }

  std::uint64_t unsent() const {
    std::uint64_t count = 0;
    for (std::uint32_t slot = 0; slot < slots_; ++slot) {
      if ((status(slot) & TP_STATUS_SEND_REQUEST) != 0) ++count;
    }
    return count;
  }

  void finish() {
    const std::uint64_t left = unsent();
    result_.engine = "ring";
    result_.frames = frames_ - left;
    // Unsent slots are the last ones filled.
    for (std::uint64_t back = 1; back <= left; ++back) {
      result_.bytes -=
          header_of(static_cast<std::uint32_t>((next_slot_ + slots_ - back) % slots_))->tp_len;
    }
    account_for(job_, counter_, counter_.wait_for(result_.frames, counter_.is_certain() ? 1000 : 0),
                result_);
  }

  const Job& job_;
  FrameFeed& feed_;
  BlastResult& result_;
  SentCounter counter_;
  UniqueFd socket_;
  MmapRegion ring_;
  std::uint32_t slot_size_ = 0;
  std::uint32_t slots_ = 0;
  std::uint32_t next_slot_ = 0;
  std::uint32_t pending_ = 0;
  std::uint64_t frames_ = 0;
  std::uint64_t start_ns_ = 0;
  std::uint32_t passed_mtu_ = 0;  // what passes now; 0: the kernel has refused nothing yet
  std::uint64_t next_mtu_look_ns_ = 0;
};

}  // namespace

void run_ring_engine(const Job& job, FrameFeed& feed, BlastResult& result) {
  if (job.options.direction == XdpDirection::kIn) {
    throw UsageError("the ring engine can only send out of an interface, not into it");
  }
  RingEngine(job, feed, result).run();
}

}  // namespace capstan::traffic
