#include "engine/capture/capture.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "engine/capture/interfaces.h"
#include "engine/core/clock.h"
#include "engine/core/cpu.h"
#include "engine/core/errors.h"
#include "engine/core/joined.h"
#include "engine/core/memory.h"
#include "engine/filter/bpf_filter.h"

namespace capstan {

namespace {

constexpr std::uint32_t kMaxRingsPerInterface = 256;  // PACKET_FANOUT_MAX of older kernels

std::vector<int> default_cpus() {
  std::vector<int> cpus = allowed_cpus();
  // Interrupts tend to be served by the first ones.
  std::reverse(cpus.begin(), cpus.end());
  return cpus;
}

// What the kernel may grant at least before the capture gives up.
constexpr std::uint32_t kFewestBlocks = 4;

// The kernel allocates a ring page by page until memory runs out, and what then fails first is not
// always the ring: it may be a process that the out-of-memory killer chooses. A quarter stays free.
std::uint32_t most_blocks(std::uint32_t block_size_bytes) {
  const std::uint64_t available = available_memory_bytes();
  if (available == 0) return std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(
      available / 4 * 3 / block_size_bytes, kFewestBlocks, std::uint32_t{1} << 31));
}

}  // namespace

std::vector<std::string> validate_capture_options(const CaptureOptions& options) {
  std::vector<std::string> problems =
      validate_ring_layout(make_ring_layout(options.ring_size_bytes, options.block_size_bytes,
                                            options.retire_timeout_ms, SlotKind::kEthernet));
  if (options.interfaces.empty()) problems.push_back("no interface is named");
  if (options.snaplen < 1 || options.snaplen > 262144) {
    problems.push_back(
        fmt::format("snap length {} is not from 1 to 262144 bytes", options.snaplen));
  }
  if (options.rings_per_interface < 1 || options.rings_per_interface > kMaxRingsPerInterface) {
    problems.push_back(fmt::format("{} rings per interface are not from 1 to {}",
                                   options.rings_per_interface, kMaxRingsPerInterface));
  }
  if (options.ring_size_bytes < std::uint64_t{kMinBlockCount} * options.block_size_bytes) {
    problems.push_back(fmt::format("a ring of {} bytes does not hold {} blocks of {} bytes",
                                   options.ring_size_bytes, kMinBlockCount,
                                   options.block_size_bytes));
  }
  if (!std::has_single_bit(options.alignment_bytes) || options.alignment_bytes < 4096 ||
      options.alignment_bytes > options.block_size_bytes) {
    problems.push_back(fmt::format("alignment {} is not a power of two from 4096 to the block size",
                                   options.alignment_bytes));
  }
  if (options.packet_limit < 1) problems.push_back("a packet count must be at least 1");
  const std::vector<int> allowed = allowed_cpus();
  for (const int cpu : options.cpus) {
    if (std::find(allowed.begin(), allowed.end(), cpu) == allowed.end()) {
      problems.push_back(fmt::format("CPU {} is not one of those this process may use ({})", cpu,
                                     joined(allowed, ",")));
    }
  }
  return problems;
}

Capture::Capture(CaptureOptions options)
    : options_(std::move(options)), packets_left_(options_.packet_limit) {
  const std::vector<std::string> problems = validate_capture_options(options_);
  if (!problems.empty()) throw UsageError(joined(problems, "; "));
  const std::vector<int> cpus = options_.cpus.empty() ? default_cpus() : options_.cpus;
  for (const std::string& name : options_.interfaces) open_interface(name, cpus);
}

Capture::~Capture() {
  request_stop();
  threads_.clear();
}

void Capture::open_interface(std::string name, const std::vector<int>& cpus) {
  const int index = resolve_interface(name);
  const CompiledFilter filter = compile_filter(name, options_.filter, options_.snaplen);
  handles_.push_back(filter.handle);
  std::vector<sock_filter> program = filter.program;
  bool loopback = false;
  for (const NetworkInterface& info : list_interfaces()) {
    if (!info.loopback) continue;
    if (index == 0) reject_outgoing_of(program, info.index);
    loopback = loopback || info.index == index;
  }
  const std::size_t first_ring = threads_.size();
  for (std::uint32_t ring = 0; ring < options_.rings_per_interface; ++ring) {
    const int cpu = cpus.empty() ? -1 : cpus[threads_.size() % cpus.size()];
    open_ring(name, index, ring, filter.link_type, filter.slot_kind, cpu);
    programs_.push_back(program);
    PacketSocket& socket = threads_.back()->socket();
    if (loopback) socket.ignore_outgoing();
    socket.attach_reject_all_filter();
    socket.bind_to(index);
  }
  if (options_.rings_per_interface > 1) {
    std::uint16_t group = 0;
    for (std::size_t ring = first_ring; ring < threads_.size(); ++ring) {
      PacketSocket& socket = threads_[ring]->socket();
      if (ring == first_ring) {
        group = socket.found_fanout(static_cast<std::uint16_t>(options_.fanout));
      } else {
        socket.join_fanout(group, static_cast<std::uint16_t>(options_.fanout));
      }
    }
  }
  if (options_.promiscuous && index != 0) {
    threads_[first_ring]->socket().enter_promiscuous_mode(index);
  }
}

void Capture::open_ring(const std::string& name, int index, std::uint32_t ring_of_interface,
                        std::uint16_t link_type, SlotKind slot_kind, int cpu) {
  RingLayout layout = make_ring_layout(options_.ring_size_bytes, options_.block_size_bytes,
                                       options_.retire_timeout_ms, slot_kind);
  const std::uint64_t asked = layout.total_bytes();
  layout.block_count = std::min(layout.block_count, most_blocks(layout.block_size_bytes));
  PacketSocket socket(name, slot_kind == SlotKind::kCooked);
  socket.use_tpacket_v3();
  socket.reserve(layout.reserve_bytes());
  if (options_.hardware_timestamps) socket.use_hardware_timestamps();
  socket.set_up_ring(layout, std::min(kFewestBlocks, layout.block_count));

  SealContext context;
  context.slot_kind = slot_kind;
  context.ring = static_cast<std::uint32_t>(rings_.size());
  context.interface_id = options_.one_interface_id ? 0 : context.ring;
  context.snaplen = options_.snaplen;
  context.block_size_bytes = layout.block_size_bytes;
  context.alignment_bytes = options_.alignment_bytes;
  rings_.push_back(std::make_unique<Ring>(socket, layout, context, link_type));

  RingInfo info;
  info.interface_name = name;
  info.interface_index = index;
  info.ring_of_interface = ring_of_interface;
  info.link_type = link_type;
  info.cpu = cpu;
  info.ring_size_bytes = layout.total_bytes();
  info.asked_size_bytes = asked;
  info.block_count = layout.block_count;
  info.block_size_bytes = layout.block_size_bytes;
  infos_.push_back(std::move(info));

  CaptureThreadOptions thread_options;
  if (cpu >= 0) thread_options.cpu = cpu;
  thread_options.interface_index = index;
  threads_.push_back(std::make_unique<CaptureThread>(std::move(socket), *rings_.back(),
                                                     thread_options, packets_left_));
}

void Capture::add_stripe(std::size_t ring, BlockQueue& queue) { threads_[ring]->add_stripe(queue); }

void Capture::add_best_effort(std::size_t ring, BestEffortQueue& queue) {
  threads_[ring]->add_best_effort(queue);
}

Capture::Running::~Running() {
  if (capture_ == nullptr) return;
  capture_->request_abandon();
  capture_->join();
}

Capture::Running Capture::start() {
  start_time_ns_ = wall_clock_ns();
  for (std::size_t ring = 0; ring < threads_.size(); ++ring) {
    threads_[ring]->socket().attach_filter(programs_[ring]);
  }
  for (const auto& thread : threads_) {
    thread->socket().lock_filter();
  }
  // What the reject-all filter refused was never counted; what the real one has passed since it was
  // attached lies in the ring and belongs to the capture, so the counters are right as they are.
  Running running(*this);  // should a thread not start, the ones that did end
  for (const auto& thread : threads_) thread->start();
  return running;
}

bool Capture::reattach(const std::string& name, int index) {
  bool complete = true;
  for (std::size_t ring = 0; ring < threads_.size(); ++ring) {
    if (infos_[ring].interface_name != name) continue;
    PacketSocket& socket = threads_[ring]->socket();
    if (options_.hardware_timestamps) complete = socket.try_switch_hardware_timestamps_on();
    threads_[ring]->rebind(index);
    infos_[ring].interface_index = index;
    if (options_.promiscuous) socket.enter_promiscuous_mode(index);
  }
  return complete;
}

void Capture::request_stop() noexcept {
  for (const auto& thread : threads_) thread->request_stop();
}

void Capture::request_abandon() noexcept {
  for (const auto& thread : threads_) thread->request_abandon();
}

bool Capture::finished() const noexcept {
  return std::all_of(threads_.begin(), threads_.end(),
                     [](const auto& thread) { return thread->finished(); });
}

void Capture::join() {
  for (const auto& thread : threads_) thread->join();
}

const RingCounters& Capture::counters(std::size_t ring) const noexcept {
  return threads_[ring]->counters();
}

bool Capture::reconciled(std::size_t ring) const noexcept { return threads_[ring]->reconciled(); }

const SealLedger& Capture::closing_ledger(std::size_t ring) const noexcept {
  return threads_[ring]->closing_ledger();
}

std::span<std::uint8_t> Capture::ring_memory(std::size_t ring) const noexcept {
  return rings_[ring]->memory();
}

}  // namespace capstan
