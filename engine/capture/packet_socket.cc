#include "engine/capture/packet_socket.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/if_ether.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include "engine/core/errors.h"

namespace capstan {

namespace {

// IEEE 802 marks it "reserved" and RFC 1701 forbids its use: no packet carries it.
constexpr std::uint16_t kUnusedEthertype = 0xFFFF;

}  // namespace

PacketSocket::PacketSocket(std::string interface_name, bool cooked)
    : interface_name_(std::move(interface_name)) {
  // Protocol 0: the socket hears nothing until bind_to(), not even between two system calls.
  fd_ = UniqueFd(::socket(AF_PACKET, (cooked ? SOCK_DGRAM : SOCK_RAW) | SOCK_CLOEXEC, 0));
  if (!fd_) {
    throw_errno(fmt::format("open a packet socket for {}", interface_name_),
                errno == EPERM || errno == EACCES ? permission_mend() : "");
  }
}

void PacketSocket::set_option(int level, int option, const void* value, std::uint32_t size,
                              std::string_view what, std::string_view mend) {
  if (::setsockopt(fd_.get(), level, option, value, size) != 0) {
    throw_errno(fmt::format("{} on {}", what, interface_name_), mend);
  }
}

void PacketSocket::use_tpacket_v3() {
  const int version = TPACKET_V3;
  set_option(SOL_PACKET, PACKET_VERSION, &version, sizeof(version), "use TPACKET_V3",
             "Linux 3.2 or newer has it");
}

void PacketSocket::reserve(std::uint32_t bytes) {
  set_option(SOL_PACKET, PACKET_RESERVE, &bytes, sizeof(bytes), "reserve room in front of packets");
}

bool PacketSocket::try_switch_hardware_timestamps_on() noexcept {
  hwtstamp_config config{};
  config.rx_filter = HWTSTAMP_FILTER_ALL;
  ifreq request{};
  interface_name_.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_data = reinterpret_cast<char*>(&config);
  return ::ioctl(fd_.get(), SIOCSHWTSTAMP, &request) == 0;
}

void PacketSocket::use_hardware_timestamps() {
  // Documentation/networking/timestamping.rst: the adapter must be told to stamp (SIOCSHWTSTAMP)
  // and the socket to use its stamps.
  if (!try_switch_hardware_timestamps_on()) {
    throw_errno(fmt::format("switch hardware timestamps on for {}", interface_name_),
                "'ethtool -T' says what the adapter can do; leave the option out for the kernel's "
                "timestamps");
  }
  const int source = SOF_TIMESTAMPING_RAW_HARDWARE;
  set_option(SOL_PACKET, PACKET_TIMESTAMP, &source, sizeof(source), "use hardware timestamps");
}

void PacketSocket::ignore_outgoing() {
  const int on = 1;
  set_option(SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on), "ignore outgoing packets");
}

void PacketSocket::set_up_ring(RingLayout& layout, std::uint32_t minimum_blocks) {
  const std::uint32_t asked = layout.block_count;
  const std::uint32_t step = std::max(1U, asked / 8);
  while (true) {
    const tpacket_req3 request = layout.request();
    if (::setsockopt(fd_.get(), SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)) == 0) return;
    const int error = errno;
    if (error != ENOMEM || layout.block_count <= minimum_blocks) {
      throw_system_error(
          error,
          fmt::format("set up a receive ring on {} (tried {} down to {} blocks of {} KiB)",
                      interface_name_, asked, layout.block_count, layout.block_size_bytes >> 10),
          error == ENOMEM ? "Ask for a smaller ring, or for smaller blocks" : "");
    }
    layout.block_count =
        std::max(minimum_blocks, layout.block_count - std::min(step, layout.block_count));
  }
}

void PacketSocket::attach_filter(std::span<const sock_filter> program) {
  sock_fprog fprog{};
  fprog.len = static_cast<unsigned short>(program.size());
  // The kernel only reads it (sk_attach_filter copies); sock_fprog has no const member.
  fprog.filter = const_cast<sock_filter*>(program.data());
  set_option(SOL_SOCKET, SO_ATTACH_FILTER, &fprog, sizeof(fprog),
             fmt::format("attach the filter ({} instructions)", program.size()),
             "A filter has at most 4096 instructions and must fit net.core.optmem_max");
}

void PacketSocket::attach_reject_all_filter() {
  const sock_filter reject[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
  attach_filter(reject);
}

void PacketSocket::lock_filter() {
  const int on = 1;
  set_option(SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof(on), "lock the filter");
}

void PacketSocket::bind_to(int index) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = index;
  if (::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    throw_errno(fmt::format("bind to {}", interface_name_));
  }
}

std::uint16_t PacketSocket::found_fanout(std::uint16_t mode) {
  join_fanout(0, static_cast<std::uint16_t>(mode | PACKET_FANOUT_FLAG_UNIQUEID));
  std::uint32_t argument = 0;
  socklen_t size = sizeof(argument);
  if (::getsockopt(fd_.get(), SOL_PACKET, PACKET_FANOUT, &argument, &size) != 0) {
    throw_errno(fmt::format("look up the fanout group of {}", interface_name_));
  }
  return static_cast<std::uint16_t>(argument);
}

void PacketSocket::join_fanout(std::uint16_t group, std::uint16_t mode) {
  const std::uint32_t argument = std::uint32_t{group} | std::uint32_t{mode} << 16;
  set_option(SOL_PACKET, PACKET_FANOUT, &argument, sizeof(argument),
             fmt::format("join fanout group {} (mode {})", group, mode),
             "Another program may use this group with another mode");
}

void PacketSocket::enter_promiscuous_mode(int index) {
  packet_mreq membership{};
  membership.mr_ifindex = index;
  membership.mr_type = PACKET_MR_PROMISC;
  set_option(SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof(membership),
             "enter promiscuous mode", "Recording works without promiscuous mode too");
}

bool PacketSocket::try_stop_reception(int index) noexcept {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(kUnusedEthertype);
  address.sll_ifindex = index;
  return ::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

SocketStatistics PacketSocket::take_statistics() noexcept {
  tpacket_stats_v3 raw{};
  socklen_t size = sizeof(raw);
  if (::getsockopt(fd_.get(), SOL_PACKET, PACKET_STATISTICS, &raw, &size) != 0) return {};
  return {raw.tp_packets, raw.tp_drops, raw.tp_freeze_q_cnt};
}

int PacketSocket::take_error() noexcept {
  int error = 0;
  socklen_t size = sizeof(error);
  if (::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

}  // namespace capstan
