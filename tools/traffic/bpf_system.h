// The bpf(2) calls that blast needs: a mapped array, a program, one run, an attachment.
#pragma once

#include <linux/bpf.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "engine/core/mmap_region.h"
#include "engine/core/unique_fd.h"

namespace capstan::traffic {

// An array map with one element of `size` bytes, mapped into this process as well: memory shared by
// a kernel program and this process.
class BpfMemory {
 public:
  BpfMemory() = default;
  // Throws std::system_error when the kernel refuses. `what` names it in the message.
  BpfMemory(std::string_view what, std::size_t size);

  int fd() const noexcept { return fd_.get(); }
  std::uint8_t* data() const noexcept { return region_.data(); }
  std::size_t size() const noexcept { return region_.size(); }

 private:
  UniqueFd fd_;
  MmapRegion region_;
};

// Loads an XDP program. `takes_fragments`: it may be attached where frames come in several pieces
// (a veth with a large MTU). Throws std::system_error with the last line of the verifier's log.
UniqueFd load_xdp_program(std::string_view name, std::span<const bpf_insn> instructions,
                          bool takes_fragments);

// BPF_PROG_RUN with BPF_F_TEST_XDP_LIVE_FRAMES (Linux 5.18): runs the program `repeat` times on
// copies of `frame`; the kernel handles each frame according to the program's verdict.
// `ingress_ifindex`: the interface the frames seem to come from, 0 for the loopback interface.
// Blocks until done or until a signal arrives. Returns 0 or an errno value (EINTR: a signal).
[[nodiscard]] int run_live_frames(int program_fd, std::span<const std::uint8_t> frame,
                                  std::uint32_t ingress_ifindex, std::uint32_t repeat,
                                  std::uint32_t batch_size) noexcept;

// Runs the program once on `frame` and stores the frame that the program made in `result`, its size
// in `result_size`. Returns the program's verdict. Throws std::system_error.
std::uint32_t run_once(int program_fd, std::span<const std::uint8_t> frame,
                       std::span<std::uint8_t> result, std::size_t& result_size);

// Attaches an XDP program to an interface of this thread's namespace for the lifetime of the
// returned descriptor. Returns an empty one, with errno set, on refusal (EBUSY: a program is
// attached already).
UniqueFd attach_xdp(int program_fd, int ifindex) noexcept;

}  // namespace capstan::traffic
