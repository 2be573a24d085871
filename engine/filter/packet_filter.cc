#include "engine/filter/packet_filter.h"

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <pcap/pcap.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <utility>

#include "engine/core/errors.h"
#include "engine/filter/filter_error.h"
#include "engine/filter/memory_words.h"
#include "engine/flow/protocol_numbers.h"

namespace capstan {

namespace {

// engine/format/link_type.cc has these numbers without pcap/dlt.h.
static_assert(DLT_ATM_RFC1483 == 11 && DLT_RAW == 12 && DLT_SLIP_BSDOS == 15);
static_assert(DLT_PPP_BSDOS == 16 && DLT_ATM_CLIP == 19 && DLT_LOOP == 108 && DLT_ENC == 109);

constexpr std::uint16_t kMtp2 = 140;

struct CloseHandle {
  void operator()(pcap_t* handle) const noexcept { pcap_close(handle); }
};

}  // namespace

std::string link_type_name(std::uint16_t link_type) {
  const char* const name = pcap_datalink_val_to_name(link_type_to_dlt(link_type));
  return name != nullptr ? name : "LINKTYPE " + std::to_string(link_type);
}

std::uint16_t link_type_by_name(const std::string& name) {
  const int dlt = pcap_datalink_name_to_val(name.c_str());
  if (dlt < 0) throw UsageError("link type '" + name + "': there is no such one");
  return dlt_to_link_type(dlt);
}

std::string instruction_text(const FilterInstruction& instruction, int index) {
  const bpf_insn code{instruction.code, instruction.jump_true, instruction.jump_false,
                      instruction.operand};
  return bpf_image(&code, index);
}

struct PacketFilter::Program {
  std::uint16_t link_type = 0;
  std::string error;              // libpcap's, or empty
  std::string meaningless;        // why it can say nothing about such packets; else empty
  std::vector<bpf_insn> printed;  // as libpcap made it
  std::vector<bpf_insn> code;     // as it is run; for packets that came in, if that is asked for
  std::vector<bpf_insn> for_outbound;
  std::vector<bpf_insn> swapped;  // of packets whose family number is in the other byte order
  bool asks_direction = false;
  std::uint64_t unanswered = 0;
  std::vector<bpf_insn> behind[2];  // of the same text behind one tag and behind two
  bool behind_compiled = false;
};

namespace {

// What one compilation gave.
struct Compiled {
  std::vector<bpf_insn> code;
  std::string error;  // empty: it is good
};

using Handle = std::unique_ptr<pcap_t, CloseHandle>;

// Where a packet begins with the number of its address family. IPv6 has several, one a system, and
// the byte order is that of the writer: libpcap's gencode.c, gen_linktype(), looks for all of them
// and for the right order, but only in a program for a file.
bool begins_with_family(std::uint16_t link_type) noexcept {
  return link_type == link_type::kNull || link_type == link_type::kLoop ||
         link_type == link_type::kEnc;
}

// As of a file with such packets, in this machine's byte order or the other.
Handle open_as_file(std::uint16_t link_type, std::uint32_t snaplen, bool swapped) {
  std::array<std::uint32_t, 6> head{0xA1B2C3D4, 0x00040002, 0, 0, snaplen, link_type};
  if (swapped) {
    for (std::uint32_t& word : head) word = __builtin_bswap32(word);
    head[1] = 0x04000200;  // two numbers of 16 bits
  }
  std::FILE* const file = ::fmemopen(head.data(), sizeof(head), "rb");
  if (file == nullptr) throw std::bad_alloc();
  char error[PCAP_ERRBUF_SIZE] = {};
  Handle handle(pcap_fopen_offline(file, error));  // has read the head; closes the file
  if (handle == nullptr) std::fclose(file);
  if (handle == nullptr) throw std::bad_alloc();
  return handle;
}

Compiled compile_with(pcap_t* handle, const std::string& text) {
  // Of the network, for 'ip broadcast': with 0, as tcpdump has it for files, that matches
  // 255.255.255.255 and 0.0.0.0.
  constexpr bpf_u_int32 kNetmask = 0;
  bpf_program program{};
  if (pcap_compile(handle, &program, text.c_str(), 1, kNetmask) != 0) {
    return {{}, pcap_geterr(handle)};
  }
  Compiled compiled{{program.bf_insns, program.bf_insns + program.bf_len}, {}};
  pcap_freecode(&program);
  return compiled;
}

Compiled compile(const std::string& text, std::uint16_t link_type, std::uint32_t snaplen) {
  if (begins_with_family(link_type)) {
    const Handle handle = open_as_file(link_type, snaplen, false);
    Compiled compiled = compile_with(handle.get(), text);
    if (compiled.error.empty()) return compiled;
    // 'inbound' is refused for files: those do not say it, as far as libpcap knows.
  }
  const Handle handle(pcap_open_dead(link_type_to_dlt(link_type), static_cast<int>(snaplen)));
  if (handle == nullptr) throw std::bad_alloc();
  return compile_with(handle.get(), text);
}

// The same for packets that a machine of the other byte order wrote; empty where that is no matter.
std::vector<bpf_insn> compile_swapped(const std::string& text, std::uint16_t link_type,
                                      std::uint32_t snaplen) {
  if (!begins_with_family(link_type) || link_type == link_type::kLoop) return {};
  return with_cleared_words(compile_with(open_as_file(link_type, snaplen, true).get(), text).code);
}

// No family has a number above 16 bits: one that seems to have is written the other way round.
bool has_swapped_family(const PacketView& packet) noexcept {
  std::uint32_t family = 0;
  if (packet.caplen < sizeof(family)) return false;
  std::memcpy(&family, packet.data, sizeof(family));
  return family > 0xffff;
}

// linux/filter.h: loads from here on are of what the kernel knows beside the packet's bytes.
constexpr auto kAncillary = static_cast<std::uint32_t>(SKF_AD_OFF);

bool loads_ancillary(const bpf_insn& instruction) noexcept {
  return BPF_CLASS(instruction.code) == BPF_LD && BPF_MODE(instruction.code) == BPF_ABS &&
         instruction.k >= kAncillary;
}

// libpcap compiles 'inbound' and 'outbound' as for a socket, and bpf_filter(3) in memory gives 0
// for such a load, whatever was asked. What the recording says of the packet is put in its place.
void settle_direction(std::vector<bpf_insn>& code, std::uint8_t packet_type) noexcept {
  for (bpf_insn& instruction : code) {
    if (!loads_ancillary(instruction)) continue;
    instruction = {BPF_LD | BPF_IMM, 0, 0, packet_type};
  }
}

bool has_tag(const PacketView& packet) noexcept {
  constexpr std::uint32_t kEthertypeAt = 12;
  return packet.link_type == link_type::kEthernet && packet.caplen >= kEthertypeAt + 2 &&
         ether_type::is_vlan(static_cast<std::uint16_t>(packet.data[kEthertypeAt] << 8 |
                                                        packet.data[kEthertypeAt + 1]));
}

bool run(const std::vector<bpf_insn>& code, const PacketView& packet) noexcept {
  return bpf_filter(code.data(), packet.data, packet.wirelen, packet.caplen) != 0;
}

std::string counted(std::uint64_t packets) {
  return std::to_string(packets) + (packets == 1 ? " packet" : " packets");
}

}  // namespace

PacketFilter::PacketFilter(std::string text, std::uint16_t link_type, std::uint32_t snaplen)
    : text_(std::move(text)),
      snaplen_(snaplen),
      mentions_tags_(text_.find("vlan") != std::string::npos) {
  const Program& first = program_for(link_type);
  if (first.error.empty()) return;
  // Is it the text, or this kind of link? What makes sense nowhere is a mistake.
  for (const std::uint16_t other : {link_type::kEthernet, link_type::kRaw, link_type::kLinuxSll2,
                                    link_type::kRadiotap, link_type::kSunAtm, kMtp2}) {
    if (compile(text_, other, snaplen_).error.empty()) return;
  }
  throw FilterError("filter '" + text_ + "': " + first.error);
}
PacketFilter::PacketFilter(PacketFilter&&) noexcept = default;
PacketFilter& PacketFilter::operator=(PacketFilter&&) noexcept = default;
PacketFilter::~PacketFilter() = default;

PacketFilter::Program& PacketFilter::program_for(std::uint16_t link_type) {
  for (const auto& program : programs_) {
    if (program->link_type == link_type) return *program;
  }
  auto program = std::make_unique<Program>();
  program->link_type = link_type;
  Compiled compiled = compile(text_, link_type, snaplen_);
  program->error = program->meaningless = std::move(compiled.error);
  program->printed = std::move(compiled.code);
  program->code = with_cleared_words(program->printed);
  for (const bpf_insn& instruction : program->code) {
    if (!loads_ancillary(instruction)) continue;
    if (instruction.k == kAncillary + SKF_AD_PKTTYPE) {
      program->asks_direction = true;
    } else {
      program->meaningless =
          "it asks for what only the kernel knows while it captures (ifindex and the like)";
    }
  }
  if (program->asks_direction) {
    program->for_outbound = program->code;
    settle_direction(program->for_outbound, PACKET_OUTGOING);
    settle_direction(program->code, PACKET_HOST);
  }
  if (!program->asks_direction && program->error.empty())
    program->swapped = compile_swapped(text_, link_type, snaplen_);
  programs_.push_back(std::move(program));
  return *programs_.back();
}

bool PacketFilter::matches(const PacketView& packet) {
  Program& program = program_for(packet.link_type);
  ++asked_;
  if (!program.meaningless.empty()) [[unlikely]] {
    ++unanswered_;
    ++program.unanswered;
    return false;
  }
  const std::vector<bpf_insn>* code = &program.code;
  if (program.asks_direction) [[unlikely]] {
    if (packet.direction == Direction::kUnknown) {
      ++unanswered_;
      ++without_direction_;
      return false;
    }
    if (packet.direction == Direction::kOutbound) code = &program.for_outbound;
  }
  if (!program.swapped.empty() && has_swapped_family(packet)) [[unlikely]]
    code = &program.swapped;
  if (run(*code, packet)) {
    ++matched_;
    return true;
  }
  if (!mentions_tags_ && has_tag(packet)) [[unlikely]]
    look_behind_tag(program, packet);
  return false;
}

// For the hint: would the same text match behind the tag, or behind the second?
void PacketFilter::look_behind_tag(Program& program, const PacketView& packet) {
  if (!std::exchange(program.behind_compiled, true)) {
    const std::string one = "vlan and (" + text_ + ")";
    program.behind[0] = compile(one, program.link_type, snaplen_).code;
    program.behind[1] = compile("vlan and " + one, program.link_type, snaplen_).code;
    for (std::vector<bpf_insn>& code : program.behind) code = with_cleared_words(std::move(code));
  }
  for (std::size_t tags = 0; tags < 2; ++tags) {
    std::vector<bpf_insn>& code = program.behind[tags];
    if (code.empty() || program.asks_direction || !run(code, packet)) continue;
    ++behind_tag_[tags];
    return;
  }
}

std::vector<std::string> PacketFilter::notes() const {
  std::vector<std::string> notes;
  for (const auto& program : programs_) {
    if (program->unanswered == 0) continue;
    notes.push_back("filter '" + text_ + "': it has no meaning for " +
                    counted(program->unanswered) + " of link type " +
                    link_type_name(program->link_type) + ", which did not match (" +
                    program->meaningless + ")");
  }
  if (without_direction_ != 0) {
    notes.push_back("filter '" + text_ + "': " + counted(without_direction_) +
                    (without_direction_ == 1 ? " does" : " do") +
                    " not say in the file whether they came in or went out, and did not match");
  }
  for (std::size_t tags = 0; tags < 2; ++tags) {
    if (behind_tag_[tags] == 0) continue;
    const std::string behind = (tags == 0 ? "vlan and (" : "vlan and vlan and (") + text_ + ")";
    notes.push_back("filter '" + text_ + "': " + counted(behind_tag_[tags]) + " with " +
                    (tags == 0 ? "a VLAN tag" : "two VLAN tags") + " would match behind it: '" +
                    behind + "'" +
                    (matched_ == 0 ? "" : ", or '(" + text_ + ") or (" + behind + ")' for all"));
  }
  return notes;
}

std::vector<FilterInstruction> PacketFilter::program(std::uint16_t link_type) {
  const Program& program = program_for(link_type);
  if (!program.error.empty()) throw FilterError("filter '" + text_ + "': " + program.error);
  std::vector<FilterInstruction> instructions;
  for (const bpf_insn& from : program.printed) {
    instructions.push_back({from.code, from.jt, from.jf, from.k});
  }
  return instructions;
}

}  // namespace capstan
