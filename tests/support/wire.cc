#include "tests/support/wire.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "engine/core/errors.h"

namespace capstan::test {

namespace {

void put16(Frame& frame, std::size_t at, unsigned value) {
  frame[at] = static_cast<std::uint8_t>(value >> 8);
  frame[at + 1] = static_cast<std::uint8_t>(value);
}

constexpr std::size_t kIpv4Udp = 28;

}  // namespace

FrameSender::FrameSender(const std::string& interface)
    : socket_(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)) {
  if (!socket_) throw_errno("socket(AF_PACKET)");
  sockaddr_ll where{};
  where.sll_family = AF_PACKET;
  where.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
  if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&where), sizeof(where)) != 0) {
    throw_errno("bind to " + interface);
  }
}

bool FrameSender::send(const Frame& frame) const {
  while (::send(socket_.get(), frame.data(), frame.size(), 0) < 0) {
    if (errno == ENETDOWN || errno == ENXIO) return false;
    if (errno != EINTR && errno != ENOBUFS) {
      throw_errno("send " + std::to_string(frame.size()) + " bytes");
    }
  }
  return true;
}

void FrameSender::send_all(const std::vector<Frame>& frames) const {
  for (const Frame& frame : frames) send(frame);
}

Frame make_frame(std::size_t size, std::mt19937& random, int tags) {
  Frame frame(size);
  for (std::uint8_t& byte : frame) byte = static_cast<std::uint8_t>(random());
  frame[0] = 0x02;  // unicast, locally administered
  frame[6] = 0x02;
  std::size_t at = 12;
  for (int tag = 0; tag < tags; ++tag, at += 4) {
    put16(frame, at, tag + 1 < tags ? ETH_P_8021AD : ETH_P_8021Q);  // the TCI stays random
  }
  put16(frame, at, 0x88B5);
  return frame;
}

Frame make_udp_frame(std::uint16_t port, std::uint32_t number, std::size_t size) {
  Frame frame(std::max<std::size_t>(size, 14 + kIpv4Udp + 4));
  frame[0] = frame[6] = 0x02;
  frame[11] = 1;
  put16(frame, 12, ETH_P_IP);
  const std::size_t ip = 14;
  frame[ip] = 0x45;
  put16(frame, ip + 2, static_cast<unsigned>(frame.size() - ip));
  frame[ip + 8] = 64;
  frame[ip + 9] = 17;
  put16(frame, ip + 12, 0xC612);  // 198.18.0.0/15, for benchmarks (RFC 2544)
  put16(frame, ip + 14, number >> 16 & 0xFF);
  put16(frame, ip + 16, 0xC613);
  put16(frame, ip + 18, number & 0xFFFF);  // flows differ, so that fanout spreads them
  std::uint32_t sum = 0;
  for (std::size_t at = ip; at < ip + 20; at += 2) {
    sum += static_cast<std::uint32_t>(frame[at] << 8 | frame[at + 1]);
  }
  while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
  put16(frame, ip + 10, ~sum & 0xFFFF);
  put16(frame, ip + 20, 40000);
  put16(frame, ip + 22, port);
  put16(frame, ip + 24, static_cast<unsigned>(frame.size() - ip - 20));
  put16(frame, ip + 28, number >> 16);
  put16(frame, ip + 30, number & 0xFFFF);
  return frame;
}

std::uint32_t number_of(const Frame& frame, std::size_t header) {
  const std::size_t at = header + kIpv4Udp;
  return static_cast<std::uint32_t>(frame.at(at)) << 24 |
         static_cast<std::uint32_t>(frame.at(at + 1)) << 16 |
         static_cast<std::uint32_t>(frame.at(at + 2)) << 8 | frame.at(at + 3);
}

std::uint16_t port_of(const Frame& frame, std::size_t header) {
  return static_cast<std::uint16_t>(frame.at(header + 22) << 8 | frame.at(header + 23));
}

ReadRecording read_recording(const std::string& path) {
  ReadRecording recording;
  char reason[PCAP_ERRBUF_SIZE] = {};
  pcap_t* const handle =
      ::pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, reason);
  if (handle == nullptr) {
    recording.complaint = path + ": " + reason;
    return recording;
  }
  recording.link_type = ::pcap_datalink(handle);
  pcap_pkthdr* header = nullptr;
  const std::uint8_t* data = nullptr;
  int status = 0;
  while ((status = ::pcap_next_ex(handle, &header, &data)) == 1) {
    recording.packets.push_back({Frame(data, data + header->caplen), header->len,
                                 static_cast<std::uint64_t>(header->ts.tv_sec) * 1'000'000'000 +
                                     static_cast<std::uint64_t>(header->ts.tv_usec)});
  }
  if (status != PCAP_ERROR_BREAK) recording.complaint = ::pcap_geterr(handle);
  ::pcap_close(handle);
  return recording;
}

std::vector<Frame> frames_of(const ReadRecording& recording) {
  std::vector<Frame> frames;
  for (const RecordedPacket& packet : recording.packets) frames.push_back(packet.bytes);
  return frames;
}

std::vector<std::uint32_t> interface_ids(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  const auto word = [&bytes, &path](std::size_t at) {
    std::uint32_t value = 0;
    if (at + 4 > bytes.size()) throw std::runtime_error(path + ": ends within a block");
    std::memcpy(&value, bytes.data() + at, 4);
    return value;
  };
  std::vector<std::uint32_t> ids;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::uint32_t length = word(at + 4);
    if (length < 12 || length % 4 != 0 || word(at + length - 4) != length) {
      throw std::runtime_error(path + ": block at " + std::to_string(at) + " of length " +
                               std::to_string(length));
    }
    if (word(at) == 6) ids.push_back(word(at + 8));
    at += length;
  }
  return ids;
}

std::string difference(const std::vector<Frame>& expected, const std::vector<Frame>& actual) {
  const std::size_t common = std::min(expected.size(), actual.size());
  for (std::size_t i = 0; i < common; ++i) {
    const Frame& want = expected[i];
    const Frame& got = actual[i];
    if (want == got) continue;
    const auto at = std::mismatch(want.begin(), want.end(), got.begin(), got.end()).first;
    return "frame " + std::to_string(i) + ": sent " + std::to_string(want.size()) +
           " bytes, recorded " + std::to_string(got.size()) + ", first difference at byte " +
           std::to_string(at - want.begin());
  }
  if (expected.size() == actual.size()) return {};
  return "sent " + std::to_string(expected.size()) + " frames, recorded " +
         std::to_string(actual.size());
}

}  // namespace capstan::test
