#include "tools/show/listening.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "engine/capture/interfaces.h"
#include "engine/core/errors.h"
#include "engine/filter/packet_filter.h"
#include "engine/format/link_type.h"
#include "tools/common/log.h"

namespace capstan::tools {

namespace {

constexpr std::uint32_t kBlockBytes = 256U << 10;
constexpr std::uint64_t kPrintingRingBytes = std::uint64_t{64} << 20;
constexpr std::uint32_t kImmediateRetireMs = 1;

}  // namespace

std::string default_interface() {
  const std::vector<NetworkInterface> all = list_interfaces();
  const auto found = std::find_if(all.begin(), all.end(), [](const NetworkInterface& info) {
    return info.up && info.running && !info.loopback && info.index != 0;
  });
  return found == all.end() ? std::string(kAnyInterface) : found->name;
}

CaptureOptions capture_options(const ShowOptions& options) {
  CaptureOptions capture;
  capture.interfaces = options.interfaces;
  capture.filter = options.filter;
  capture.snaplen = options.snaplen;
  capture.promiscuous = options.promiscuous;
  // A recording keeps the recorder's ring; lines come sooner from smaller blocks.
  if (options.write_path.empty()) capture.ring_size_bytes = kPrintingRingBytes;
  if (options.buffer_bytes != 0) {
    capture.ring_size_bytes = std::max<std::uint64_t>(options.buffer_bytes, 4ULL * kBlockBytes);
  }
  if (options.write_path.empty() || options.buffer_bytes != 0) {
    capture.block_size_bytes = kBlockBytes;
  }
  capture.hardware_timestamps = options.adapter_times;
  if (options.immediate) capture.retire_timeout_ms = kImmediateRetireMs;
  return capture;
}

void announce_listening(const ShowOptions& options, const Capture& capture) {
  if (options.print.verbosity == 0 && options.write_path.empty() && !options.count_only) {
    standard_log().put(
        "capstan show: verbose output suppressed, use -v[v]... for full protocol decode\n");
  }
  for (std::size_t ring = 0; ring < capture.ring_count(); ++ring) {
    const RingInfo& info = capture.ring_info(ring);
    standard_log().put(fmt::format("listening on {}, link-type {} ({}), snapshot length {} bytes\n",
                                   info.interface_name, link_type_name(info.link_type),
                                   link_type_text(info.link_type), options.snaplen));
  }
}

std::string summary_text(std::uint64_t captured, std::uint64_t received, std::uint64_t dropped) {
  const auto line = [](std::uint64_t count, const char* what) {
    return fmt::format("{} packet{} {}\n", count, count == 1 ? "" : "s", what);
  };
  return line(captured, "captured") + line(received, "received by filter") +
         line(dropped, "dropped by kernel");
}

}  // namespace capstan::tools
