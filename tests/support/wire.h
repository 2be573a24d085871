// What tests put on a wire and find in a recording, byte for byte.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "engine/core/unique_fd.h"

namespace capstan::test {

using Frame = std::vector<std::uint8_t>;

// Sends whole frames through an interface.
class FrameSender {
 public:
  explicit FrameSender(const std::string& interface);
  // Throws when the kernel refuses. An interface that is down: false.
  bool send(const Frame& frame) const;
  void send_all(const std::vector<Frame>& frames) const;

 private:
  UniqueFd socket_;
};

// EtherType 0x88b5 (IEEE 802 local experimental), so that no protocol answers, and random bytes.
// Requires: size >= 14, or 20 with one tag and 24 with two: the kernel drops a tagged frame too
// short to hold an EtherType behind its tag (skb_vlan_untag).
Frame make_frame(std::size_t size, std::mt19937& random, int tags = 0);
// IPv4 and UDP to `port`, `number` in the payload, padded to `size` bytes.
Frame make_udp_frame(std::uint16_t port, std::uint32_t number, std::size_t size = 60);
// The number of a UDP frame; `header` bytes of link layer in front of IPv4.
std::uint32_t number_of(const Frame& frame, std::size_t header = 14);
std::uint16_t port_of(const Frame& frame, std::size_t header = 14);

struct RecordedPacket {
  Frame bytes;
  std::uint32_t wirelen = 0;
  std::uint64_t timestamp_ns = 0;
};

struct ReadRecording {
  std::vector<RecordedPacket> packets;
  int link_type = -1;     // DLT
  std::string complaint;  // libpcap's, empty when it read to the end
};

// By libpcap.
ReadRecording read_recording(const std::string& path);
std::vector<Frame> frames_of(const ReadRecording& recording);
// The interface id of each packet of a pcapng file, by a walk of the test's own over the block
// lengths (draft-ietf-opsawg-pcapng, 3.1 and 4.3). Throws when the lengths do not fit together.
std::vector<std::uint32_t> interface_ids(const std::string& path);

// Says where two lists of frames begin to differ; empty when they do not.
std::string difference(const std::vector<Frame>& expected, const std::vector<Frame>& actual);

}  // namespace capstan::test
