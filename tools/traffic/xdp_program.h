// The kernel side of the xdp engine: a program that makes frame after frame of a FramePlan.
//
// Run by BPF_PROG_RUN on live frames, once per frame. Each run takes the next sequence number,
// asks the clock whether its time has come (otherwise the frame is dropped there and the next run
// asks again: that is how the engine waits without leaving the kernel), writes headers, flow,
// sequence and checksums, cuts the frame to its size and sends it.
#pragma once

#include <cstdint>

#include "engine/core/unique_fd.h"
#include "tools/traffic/bpf_system.h"
#include "tools/traffic/frame_plan.h"
#include "tools/traffic/pacing.h"

namespace capstan::traffic {

// What the program and the engine share while frames go. Written by the kernel during a call and by
// us between calls only, so plain loads and stores do; a reader looking on during a call sees each
// field whole, but not all of one moment.
struct XdpRunState {
  std::uint64_t next_sequence = 0;
  std::uint64_t end_sequence = 0;  // none from here on
  std::uint64_t bytes = 0;         // of the frames made
  std::uint64_t due = 0;           // pacing.h units
  std::uint64_t now_ns = 0;        // since start_ns, when last looked
  std::uint64_t start_ns = 0;      // CLOCK_MONOTONIC; 0: the program sets it so that a frame is due
  std::uint64_t end_ns = 0;        // since start_ns; no frame after it
};

enum class XdpDirection {
  kOut,  // sent by the interface: appears at a veth's other end
  kIn,   // into the interface's own receive path, as if it had come over the wire
};

class XdpProgram {
 public:
  // Loads the program for `plan`, whose pace costs are set. Throws std::system_error.
  XdpProgram(const FramePlan& plan, const PaceOptions& pace, XdpDirection direction, int ifindex);

  int fd() const noexcept { return program_.get(); }
  volatile XdpRunState& state() const noexcept {
    return *reinterpret_cast<volatile XdpRunState*>(state_.data());
  }

 private:
  BpfMemory state_;
  BpfMemory sizes_;
  BpfMemory size_order_;
  BpfMemory flows_;
  BpfMemory flow_order_;
  UniqueFd program_;
};

// An XDP program that lets everything pass: attached to a veth end it makes that end fetch frames
// in NAPI, without which the other end cannot send XDP frames (drivers/net/veth.c, veth_xdp_xmit).
UniqueFd load_pass_program();

}  // namespace capstan::traffic
