#include <fmt/format.h>
#include <linux/if_packet.h>
#include <linux/landlock.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <span>

#include "engine/core/errors.h"
#include "engine/core/mmap_region.h"
#include "engine/core/unique_fd.h"
#include "tools/doctor/machine_checks.h"
#include "writers/io/uring_backend.h"

namespace capstan::tools {

namespace {

constexpr std::uint32_t kProbeBlockBytes = 1U << 16;
constexpr std::uint32_t kProbeBlocks = 2;
constexpr std::uint32_t kProbeFrameBytes = 2048;

struct ProbeRing {
  UniqueFd socket;
  MmapRegion memory;
};

// The smallest ring there is, bound to nothing: no packet can reach it. Empty, with errno, when
// refused.
std::optional<ProbeRing> make_probe_ring() {
  ProbeRing ring;
  ring.socket = UniqueFd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!ring.socket) return std::nullopt;
  const int version = TPACKET_V3;
  tpacket_req3 request{};
  request.tp_block_size = kProbeBlockBytes;
  request.tp_block_nr = kProbeBlocks;
  request.tp_frame_size = kProbeFrameBytes;
  request.tp_frame_nr = kProbeBlockBytes / kProbeFrameBytes * kProbeBlocks;
  const int fd = ring.socket.get();
  if (::setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) != 0 ||
      ::setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)) != 0) {
    return std::nullopt;
  }
  const std::size_t size = std::size_t{kProbeBlockBytes} * kProbeBlocks;
  void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (address == MAP_FAILED) return std::nullopt;
  ring.memory = MmapRegion(address, size);
  return ring;
}

Check check_uring(const IoBackend* backend, int error, const SystemTree& system) {
  Check check{"io_uring", CheckState::kOk, "allowed",
              "Without it each write is a system call that the writer waits for, at perhaps half "
              "the rate.",
              ""};
  if (backend == nullptr) {
    check.state = CheckState::kCost;
    check.found = "refused: " + errno_text(error);
    check.mend = system.number("/proc/sys/kernel/io_uring_disabled").value_or(0) != 0
                     ? "sysctl kernel.io_uring_disabled=0"
                     : "allow io_uring_setup in the container's seccomp profile";
  }
  return check;
}

Check check_ring_memory(IoBackend* backend) {
  Check check{
      "ring-memory", CheckState::kUnknown, "not tried: io_uring is refused",
      "Where the kernel takes the ring's pages as fixed buffers, packets go to disk without "
      "a copy and without pinning pages at each write.",
      ""};
  if (backend == nullptr) return check;
  const auto ring = make_probe_ring();
  if (!ring) {
    check.found = "not tried: packet socket: " + errno_text(errno);
    check.mend =
        "run capstan doctor as root, or setcap cap_net_raw,cap_ipc_lock+ep $(which capstan)";
    return check;
  }
  const std::span<std::uint8_t> region(ring->memory.data(), ring->memory.size());
  const int error = backend->register_memory(std::span(&region, 1));
  check.state = error == 0 ? CheckState::kOk : CheckState::kWarn;
  check.found = error == 0 ? "is taken as fixed buffers" : "refused: " + errno_text(error);
  if (error == ENOMEM) check.mend = "ulimit -l unlimited, or cap_ipc_lock";
  return check;
}

Check check_landlock() {
  Check check{"landlock", CheckState::kOk, "",
              "With it a recorder can be locked into its directory; it costs no packet.", ""};
  const long abi =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (abi > 0) {
    check.found = fmt::format("ABI {}", abi);
  } else {
    check.state = CheckState::kWarn;
    check.found = "not there: " + errno_text(errno);
    check.mend = "boot with lsm=landlock,... on a kernel with CONFIG_SECURITY_LANDLOCK";
  }
  return check;
}

}  // namespace

Checks probe_kernel(const SystemTree& system) {
  int error = 0;
  const std::unique_ptr<IoBackend> backend = make_uring_backend(8, error);
  return {check_uring(backend.get(), error, system), check_ring_memory(backend.get()),
          check_landlock()};
}

}  // namespace capstan::tools
