// PacketFilter: libpcap's filter language for packets that are already in memory.
//
// For files and pipes. Live captures filter in the kernel instead (engine/filter/bpf_filter.h),
// with different programs: there the kernel has removed the VLAN tag from the packet.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/block/packet_view.h"

namespace capstan {

// One instruction of a compiled program, as numbers, for printing.
struct FilterInstruction {
  std::uint16_t code;
  std::uint8_t jump_true;
  std::uint8_t jump_false;
  std::uint32_t operand;
};

// One filter text for any link type: it is compiled when the first packet of a new link type
// arrives.
//
// Where a filter cannot be applied to a packet, neither the filter nor its negation matches, and
// the packet is counted: packets of a link type for which the text has no meaning ('tcp port 110'
// on a CAN bus), and packets whose direction is not recorded when the text asks for it ('inbound').
// One thread.
class PacketFilter {
 public:
  // `link_type`: of the first packet, if known. 'ip broadcast' matches 255.255.255.255 and 0.0.0.0,
  // as in tcpdump for files, whose network is not known.
  // Throws FilterError when the text compiles for none of the link types tried (the message says so
  // when a name does not resolve).
  PacketFilter(std::string text, std::uint16_t link_type, std::uint32_t snaplen = 262144);
  PacketFilter(PacketFilter&&) noexcept;
  PacketFilter& operator=(PacketFilter&&) noexcept;
  ~PacketFilter();

  [[nodiscard]] bool matches(const PacketView& packet);

  // unanswered(): packets to which the filter could not be applied. answered_nothing(): whether
  // that was so for every packet; no answer was given then, which is not the same as "none
  // matches".
  std::uint64_t unanswered() const noexcept { return unanswered_; }
  bool answered_nothing() const noexcept { return asked_ != 0 && unanswered_ == asked_; }
  // Sentences to show once at the end: about packets to which the filter could not be applied, and
  // about packets that it would match after a VLAN tag. One sentence each.
  std::vector<std::string> notes() const;

  // The instructions for packets of this link type. Throws FilterError when the text has no meaning
  // for it.
  std::vector<FilterInstruction> program(std::uint16_t link_type);

 private:
  struct Program;
  Program& program_for(std::uint16_t link_type);
  void look_behind_tag(Program& program, const PacketView& packet);

  std::string text_;
  std::uint32_t snaplen_;
  std::vector<std::unique_ptr<Program>> programs_;  // one per link type; there are few
  std::uint64_t asked_ = 0;
  std::uint64_t unanswered_ = 0;
  std::uint64_t without_direction_ = 0;
  std::uint64_t matched_ = 0;
  std::uint64_t behind_tag_[2] = {};  // packets that would match after one tag, after two
  bool mentions_tags_ = false;
};

// tcpdump's name for it, "EN10MB" for Ethernet; "LINKTYPE 12345" when it has none. The second
// function converts back and throws UsageError for a name that libpcap does not know.
std::string link_type_name(std::uint16_t link_type);
std::uint16_t link_type_by_name(const std::string& name);

// Instruction number `index` as tcpdump -d prints it: "(000) ldh      [12]".
std::string instruction_text(const FilterInstruction& instruction, int index);

}  // namespace capstan
