// Any bytes as a recorded packet, and as a stenotype file.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "engine/core/unique_fd.h"
#include "tools/traffic/frame_check.h"
#include "tools/traffic/packet_source.h"

namespace {

using namespace capstan;

// Reads one packet out of memory of exactly its size.
void check_packet(const std::uint8_t* data, std::size_t size, std::uint8_t choice) {
  const std::vector<std::uint8_t> bytes(data, data + size);
  PacketView packet;
  packet.data = bytes.data();
  packet.caplen = static_cast<std::uint32_t>(size);
  packet.wirelen = packet.caplen + (choice >> 4);
  constexpr std::uint16_t kTypes[] = {link_type::kEthernet, link_type::kLinuxSll,
                                      link_type::kLinuxSll2, link_type::kRaw};
  packet.link_type = kTypes[choice & 3];
  const traffic::FrameVerdict verdict = traffic::check_frame(packet);
  const bool believed = verdict.state == traffic::FrameState::kIntact ||
                        verdict.state == traffic::FrameState::kTruncated;
  if (verdict.has_sequence && !believed) std::abort();
  if (verdict.state == traffic::FrameState::kTruncated && packet.wirelen == packet.caplen) {
    std::abort();
  }
}

// Lays the bytes over the start of one ring block; every packet given out must be readable.
void check_stenotype(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kBlock = 1U << 20;
  const UniqueFd file(::memfd_create("stenotype", MFD_CLOEXEC));
  if (!file || ::ftruncate(file.get(), kBlock) != 0) std::abort();
  if (::pwrite(file.get(), data, size, 0) != static_cast<ssize_t>(size)) std::abort();
  const auto source = traffic::open_stenotype_source("/proc/self/fd/" + std::to_string(file.get()));
  volatile std::uint8_t sink = 0;
  // Overlapping packets are possible, so a block may hold more than it has bytes for: stop early.
  for (int packets = 0; packets < 2000; ++packets) {
    const std::optional<PacketView> packet = source->next();
    if (!packet) break;
    if (packet->caplen > kBlock) std::abort();
    if (packet->caplen > 0) sink = packet->data[0];
    if (packet->caplen > 0) sink = packet->data[packet->caplen - 1];
    (void)sink;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1 || size > 65536) return 0;
  if ((data[0] & 4) != 0) {
    check_stenotype(data + 1, size - 1);
  } else {
    check_packet(data + 1, size - 1, data[0]);
  }
  return 0;
}
