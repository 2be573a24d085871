// PacketFilter: libpcap's filter language over packets that are already in memory.
//
// For files and pipes. Live captures filter in the kernel instead (engine/filter/bpf_filter.h),
// whose programs differ: there the kernel has taken the VLAN tag out of the packet.
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
//
// What a filter can say nothing about does not match it, neither the filter nor its opposite, and
// is counted: packets of a link type for which the text has no meaning ('tcp port 110' on a CAN
// bus), and packets whose direction is not recorded when the text asks for it ('inbound'). One
// thread.
class PacketFilter {
 public:
  // `link_type`: of the first packet, if known. 'ip broadcast' matches 255.255.255.255 and 0.0.0.0,
  // as tcpdump has it for files, whose network is not known.
  // Throws UsageError when the text compiles for no link type tried (a name that does not resolve
  // is said in the text).
  PacketFilter(std::string text, std::uint16_t link_type, std::uint32_t snaplen = 262144);
  PacketFilter(PacketFilter&&) noexcept;
  PacketFilter& operator=(PacketFilter&&) noexcept;
  ~PacketFilter();

  [[nodiscard]] bool matches(const PacketView& packet);

  // Whether packets were asked about and the filter could say nothing about any of them: no answer
  // was given, which is not the same as "none matches".
  std::uint64_t unanswered() const noexcept { return unanswered_; }
  bool answered_nothing() const noexcept { return asked_ != 0 && unanswered_ == asked_; }
  // What is to be said once, at the end: packets it could say nothing about, and packets that it
  // would match behind a VLAN tag, one sentence each.
  std::vector<std::string> notes() const;

  // The instructions for packets of this link type. Throws UsageError when the text has no meaning
  // for it.
  std::vector<FilterInstruction> program(std::uint16_t link_type);

 private:
  struct Program;
  Program& program_for(std::uint16_t link_type);
  void look_behind_tag(Program& program, const PacketView& packet);

  std::string text_;
  std::uint32_t snaplen_;
  std::vector<std::unique_ptr<Program>> programs_;  // one per link type, few
  std::uint64_t asked_ = 0;
  std::uint64_t unanswered_ = 0;
  std::uint64_t without_direction_ = 0;
  std::uint64_t matched_ = 0;
  std::uint64_t behind_tag_[2] = {};  // would match behind one tag, behind two
  bool mentions_tags_ = false;
};

// The name tcpdump has for it, "EN10MB" for Ethernet; "LINKTYPE 12345" when it has none. And back:
// throws UsageError for a name that libpcap does not know.
std::string link_type_name(std::uint16_t link_type);
std::uint16_t link_type_by_name(const std::string& name);

// "(000) ldh      [12]", as tcpdump -d prints instruction number `index`.
std::string instruction_text(const FilterInstruction& instruction, int index);

}  // namespace capstan
