// The kernel side of the xdp engine: a program that generates the frames of a FramePlan one by one.
//
// Run by BPF_PROG_RUN on live frames, once per frame. Each run takes the next sequence number and
// checks with the clock whether it is due (if not, the frame is dropped and the next run checks
// again: so the engine waits without leaving the kernel). Then it writes headers, flow, sequence
// and checksums, cuts the frame to its size and sends it.
#pragma once

#include <cstdint>

#include "engine/core/unique_fd.h"
#include "tools/traffic/bpf_system.h"
#include "tools/traffic/frame_plan.h"
#include "tools/traffic/pacing.h"

namespace capstan::traffic {

// Data shared by the program and the engine. Written by the kernel during a call and by this
// process only between calls, so plain loads and stores are sufficient; a reader during a call sees
// each field complete, but not all fields of the same moment.
struct XdpRunState {
  std::uint64_t next_sequence = 0;
  std::uint64_t end_sequence = 0;  // no frame from this number on
  std::uint64_t bytes = 0;         // of the frames generated
  std::uint64_t due = 0;           // pacing.h units
  std::uint64_t now_ns = 0;        // since start_ns, at the last check
  std::uint64_t start_ns = 0;      // CLOCK_MONOTONIC; 0: the program sets it so that a frame is due
  std::uint64_t end_ns = 0;        // since start_ns; no frames after it
};

enum class XdpDirection {
  kOut,  // sent by the interface: arrives at a veth's other end
  kIn,   // into the interface's own receive path, as if received from the wire
};

class XdpProgram {
 public:
  // Loads the program for `plan`, whose pace costs must be set. Throws std::system_error.
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

// Loads an XDP program that passes everything: attached to one end of a veth, it makes that end
// receive in NAPI mode, without which the other end cannot send XDP frames (drivers/net/veth.c,
// veth_xdp_xmit).
UniqueFd load_pass_program();

}  // namespace capstan::traffic
