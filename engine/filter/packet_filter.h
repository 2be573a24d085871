// PacketFilter: libpcap's filter language over packets that are already in memory.
//
// For files and pipes. Live captures filter in the kernel instead (engine/filter/bpf_filter.h),
// whose programs differ: they read VLAN tags where the kernel keeps them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/block/packet_view.h"

namespace capstan {

// A compiled program as numbers, for those who print it.
struct FilterInstruction {
  std::uint16_t code;
  std::uint8_t jump_true;
  std::uint8_t jump_false;
  std::uint32_t operand;
};

// One filter text for any link type: a program is compiled when a packet of a new link type is met.
// Matching is const over programs already compiled; one thread.
class PacketFilter {
 public:
  // `netmask` is the network's for 'ip broadcast', 0xffffffff when unknown.
  // Throws UsageError when the text does not compile for `link_type` (a name that does not resolve
  // is said in the text).
  PacketFilter(std::string text, std::uint16_t link_type, std::uint32_t snaplen = 262144,
               std::uint32_t netmask = 0xffffffff);
  PacketFilter(PacketFilter&&) noexcept;
  PacketFilter& operator=(PacketFilter&&) noexcept;
  ~PacketFilter();

  // Throws UsageError as the constructor when the packet's link type is a new one.
  [[nodiscard]] bool matches(const PacketView& packet);

  std::vector<FilterInstruction> program(std::uint16_t link_type);

 private:
  struct Program;
  const Program& program_for(std::uint16_t link_type);

  std::string text_;
  std::uint32_t snaplen_;
  std::uint32_t netmask_;
  std::vector<std::unique_ptr<Program>> programs_;  // one per link type, few
};

// The name tcpdump has for it, "EN10MB" for Ethernet; "LINKTYPE 12345" when it has none. And back:
// throws UsageError for a name that libpcap does not know.
std::string link_type_name(std::uint16_t link_type);
std::uint16_t link_type_by_name(const std::string& name);

// "(000) ldh      [12]", as tcpdump -d prints instruction number `index`.
std::string instruction_text(const FilterInstruction& instruction, int index);

}  // namespace capstan
