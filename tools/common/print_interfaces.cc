#include "tools/common/print_interfaces.h"

#include <fmt/format.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>
#include <vector>

#include "engine/capture/interfaces.h"
#include "engine/core/unique_fd.h"
#include "engine/filter/bpf_filter.h"
#include "engine/filter/packet_filter.h"
#include "engine/format/link_type.h"

namespace capstan::tools {

namespace {

// Whether the adapter stamps every packet it receives (ethtool's ETHTOOL_GET_TS_INFO).
bool has_adapter_times(const std::string& name) {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ethtool_ts_info info{};
  info.cmd = ETHTOOL_GET_TS_INFO;
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_data = reinterpret_cast<char*>(&info);
  if (::ioctl(socket.get(), SIOCETHTOOL, &request) != 0) return false;
  return (info.so_timestamping & SOF_TIMESTAMPING_RAW_HARDWARE) != 0 &&
         (info.rx_filters & (1U << HWTSTAMP_FILTER_ALL)) != 0;
}

}  // namespace

void print_link_types(std::string name) {
  resolve_interface(name);
  const CompiledFilter compiled = compile_filter(name, "", 262144);
  fmt::print("Data link types for {} (use option -y to set):\n  {} ({})\n", name,
             link_type_name(compiled.link_type), link_type_text(compiled.link_type));
}

void print_time_stamp_types(std::string name) {
  resolve_interface(name);
  fmt::print("Time stamp types for {} (use option -j to set):\n  host (Host)\n", name);
  if (has_adapter_times(name)) {
    fmt::print("  adapter_unsynced (Adapter, not synced with system time)\n");
  }
}

void print_filter(const FilterToPrint& text, int form) {
  PacketFilter filter(text.text, text.link_type, text.snaplen);
  const std::vector<FilterInstruction> program = filter.program(text.link_type);
  if (form > 2) fmt::print("{}\n", program.size());
  for (std::size_t index = 0; index < program.size(); ++index) {
    const FilterInstruction& at = program[index];
    if (form == 1) {
      fmt::print("{}\n", instruction_text(at, static_cast<int>(index)));
    } else if (form == 2) {
      fmt::print("{{ {:#x}, {}, {}, {:#010x} }},\n", at.code, at.jump_true, at.jump_false,
                 at.operand);
    } else {
      fmt::print("{} {} {} {}\n", at.code, at.jump_true, at.jump_false, at.operand);
    }
  }
}

void print_interfaces() {
  int place = 0;
  for (const NetworkInterface& info : list_interfaces()) {
    fmt::print("{}.{} [{}{}{}]{}{}\n", ++place, info.name, info.up ? "Up" : "Down",
               info.running ? ", Running" : "", info.loopback ? ", Loopback" : "",
               info.addresses.empty() ? "" : " ", info.addresses);
  }
}

}  // namespace capstan::tools
