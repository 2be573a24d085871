#include "engine/filter/bpf_filter.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/if_packet.h>
#include <pcap/pcap.h>

#include <memory>
#include <optional>
#include <utility>

#include "engine/block/packet_view.h"
#include "engine/core/errors.h"
#include "engine/filter/memory_words.h"

namespace capstan {

namespace {

struct CloseHandle {
  void operator()(pcap_t* handle) const noexcept { ::pcap_close(handle); }
};
using PcapHandle = std::unique_ptr<pcap_t, CloseHandle>;

PcapHandle open_live(const std::string& interface_name, std::uint32_t snaplen) {
  char reason[PCAP_ERRBUF_SIZE] = {};
  PcapHandle handle(::pcap_create(interface_name.c_str(), reason));
  if (!handle) throw std::runtime_error(fmt::format("open {}: {}", interface_name, reason));
  ::pcap_set_snaplen(handle.get(), static_cast<int>(snaplen));
  ::pcap_set_buffer_size(handle.get(), 1 << 16);  // never read from: as small as libpcap allows
  const int status = ::pcap_activate(handle.get());
  if (status < 0) {
    const int error = status == PCAP_ERROR_PERM_DENIED      ? EPERM
                      : status == PCAP_ERROR_NO_SUCH_DEVICE ? ENODEV
                      : status == PCAP_ERROR_IFACE_NOT_UP   ? ENETDOWN
                                                            : EIO;
    throw_system_error(error,
                       fmt::format("open {} to compile the filter ({})", interface_name,
                                   ::pcap_geterr(handle.get())),
                       error == EPERM ? permission_mend()
                       : error == ENETDOWN
                           ? fmt::format("Bring it up: ip link set {} up", interface_name)
                           : "");
  }
  return handle;
}

// pcap_compile(3PCAP) asks for the netmask in network byte order, and libpcap 1.10.3 uses it as it
// is, against values in host byte order (gen_broadcast; mended in later versions). Which of the two
// this library does is asked of it.
bool takes_network_order() {
  const PcapHandle handle(::pcap_open_dead(DLT_EN10MB, 65535));
  bpf_program program{};
  if (!handle || ::pcap_compile(handle.get(), &program, "ip broadcast", 1, htonl(0xFFFFFF00)) != 0)
    return true;
  bool found = false;
  for (unsigned i = 0; i < program.bf_len; ++i) found = found || program.bf_insns[i].k == 0xFF;
  ::pcap_freecode(&program);
  return found;
}

// For 'ip broadcast': of the interface's own network, in the byte order that the library uses. 0
// where there is none, as tcpdump has it: the text then means 255.255.255.255 and 0.0.0.0.
bpf_u_int32 netmask_of(const std::string& interface_name) {
  char reason[PCAP_ERRBUF_SIZE] = {};
  bpf_u_int32 network = 0;
  bpf_u_int32 mask = 0;
  if (::pcap_lookupnet(interface_name.c_str(), &network, &mask, reason) != 0) return 0;
  static const bool network_order = takes_network_order();
  return network_order ? mask : ntohl(mask);
}

// Offsets of a program compiled for LINUX_SLL2, as a SOCK_DGRAM socket's filter must see them: the
// packet begins at the network header, and the fields in front of it are ancillary loads
// (linux/filter.h, SKF_AD_*). Empty when the kernel has no such field.
std::optional<std::uint32_t> cooked_offset(std::uint32_t offset) noexcept {
  constexpr std::uint32_t kSll2HeadBytes = 20;
  constexpr auto kAncillary = static_cast<std::uint32_t>(SKF_AD_OFF);
  if (offset >= kSll2HeadBytes) return offset - kSll2HeadBytes;
  if (offset == 0) return kAncillary + SKF_AD_PROTOCOL;
  if (offset == 4) return kAncillary + SKF_AD_IFINDEX;
  if (offset == 8) return kAncillary + SKF_AD_HATYPE;
  if (offset == 10) return kAncillary + SKF_AD_PKTTYPE;
  return std::nullopt;
}

void translate_for_cooked(std::vector<sock_filter>& program, const std::string& text) {
  for (sock_filter& instruction : program) {
    const unsigned kind = BPF_CLASS(instruction.code);
    if (kind != BPF_LD && kind != BPF_LDX) continue;
    const unsigned mode = BPF_MODE(instruction.code);
    if (mode != BPF_ABS && mode != BPF_IND && mode != BPF_MSH) continue;
    if (static_cast<std::int32_t>(instruction.k) < 0) continue;  // an ancillary load already
    const std::optional<std::uint32_t> offset = cooked_offset(instruction.k);
    if (!offset) {
      throw FilterError(fmt::format(
          "filter '{}': on this kind of interface it needs byte {} of the link header, which the "
          "kernel cannot look at; leave link-layer addresses out, or name one Ethernet interface",
          text, instruction.k));
    }
    instruction.k = *offset;
  }
}

}  // namespace

CompiledFilter compile_filter(const std::string& interface_name, const std::string& text,
                              std::uint32_t snaplen) {
  const std::shared_ptr<pcap_t> handle = open_live(interface_name, snaplen);
  CompiledFilter compiled;
  compiled.handle = handle;
  const int dlt = ::pcap_datalink(handle.get());
  const bool cooked = dlt == DLT_LINUX_SLL || dlt == DLT_LINUX_SLL2;
  if (cooked && ::pcap_set_datalink(handle.get(), DLT_LINUX_SLL2) != 0) {
    throw std::runtime_error(fmt::format("{}: libpcap has no LINUX_SLL2 ({})", interface_name,
                                         ::pcap_geterr(handle.get())));
  }
  compiled.link_type = cooked ? link_type::kLinuxSll2 : dlt_to_link_type(dlt);
  compiled.slot_kind = cooked              ? SlotKind::kCooked
                       : dlt == DLT_EN10MB ? SlotKind::kEthernet
                                           : SlotKind::kRaw;
  bpf_program program{};
  if (::pcap_compile(handle.get(), &program, text.c_str(), 1, netmask_of(interface_name)) != 0) {
    throw FilterError(fmt::format("filter '{}': {}", text, ::pcap_geterr(handle.get())));
  }
  for (unsigned index = 0; index < program.bf_len; ++index) {
    const bpf_insn& from = program.bf_insns[index];
    sock_filter instruction{from.code, from.jt, from.jf, from.k};
    // The value a filter returns is how much of the packet is kept. A cooked packet's 20-byte head
    // is put in front afterwards.
    if (BPF_CLASS(from.code) == BPF_RET && BPF_RVAL(from.code) == BPF_K && from.k != 0) {
      instruction.k = snaplen;
    }
    compiled.program.push_back(instruction);
  }
  ::pcap_freecode(&program);
  if (cooked) translate_for_cooked(compiled.program, text);
  compiled.program = with_cleared_words(std::move(compiled.program));
  return compiled;
}

void reject_outgoing_of(std::vector<sock_filter>& program, int loopback_index) {
  constexpr auto kAncillary = static_cast<std::uint32_t>(SKF_AD_OFF);
  const sock_filter prefix[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kAncillary + SKF_AD_PKTTYPE),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kAncillary + SKF_AD_IFINDEX),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(loopback_index), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  program.insert(program.begin(), std::begin(prefix), std::end(prefix));
}

}  // namespace capstan
