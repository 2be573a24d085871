#include "engine/filter/packet_filter.h"

#include <pcap/pcap.h>

#include "engine/core/errors.h"

namespace capstan {

namespace {

// engine/format/link_type.cc has these numbers without pcap/dlt.h.
static_assert(DLT_ATM_RFC1483 == 11 && DLT_RAW == 12 && DLT_SLIP_BSDOS == 15);
static_assert(DLT_PPP_BSDOS == 16 && DLT_ATM_CLIP == 19 && DLT_LOOP == 108 && DLT_ENC == 109);

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
  Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() { pcap_freecode(&code); }

  std::uint16_t link_type = 0;
  bpf_program code{};
};

PacketFilter::PacketFilter(std::string text, std::uint16_t link_type, std::uint32_t snaplen,
                           std::uint32_t netmask)
    : text_(std::move(text)), snaplen_(snaplen), netmask_(netmask) {
  program_for(link_type);
}
PacketFilter::PacketFilter(PacketFilter&&) noexcept = default;
PacketFilter& PacketFilter::operator=(PacketFilter&&) noexcept = default;
PacketFilter::~PacketFilter() = default;

const PacketFilter::Program& PacketFilter::program_for(std::uint16_t link_type) {
  for (const auto& program : programs_) {
    if (program->link_type == link_type) return *program;
  }
  const std::unique_ptr<pcap_t, CloseHandle> handle(
      pcap_open_dead(link_type_to_dlt(link_type), static_cast<int>(snaplen_)));
  if (handle == nullptr) throw std::bad_alloc();
  auto program = std::make_unique<Program>();
  program->link_type = link_type;
  if (pcap_compile(handle.get(), &program->code, text_.c_str(), 1, netmask_) != 0) {
    throw UsageError("filter '" + text_ + "': " + pcap_geterr(handle.get()));
  }
  programs_.push_back(std::move(program));
  return *programs_.back();
}

bool PacketFilter::matches(const PacketView& packet) {
  const Program& program = program_for(packet.link_type);
  return bpf_filter(program.code.bf_insns, packet.data, packet.wirelen, packet.caplen) != 0;
}

std::vector<FilterInstruction> PacketFilter::program(std::uint16_t link_type) {
  const Program& program = program_for(link_type);
  std::vector<FilterInstruction> instructions;
  for (unsigned i = 0; i < program.code.bf_len; ++i) {
    const bpf_insn& from = program.code.bf_insns[i];
    instructions.push_back({from.code, from.jt, from.jf, from.k});
  }
  return instructions;
}

}  // namespace capstan
