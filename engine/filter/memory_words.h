// Classic BPF programs that load a word of memory before they have stored it.
#pragma once

#include <linux/filter.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace capstan {

// The words of BPF's memory (BPF_MEMWORDS) that some path through `program` loads before it has
// stored them, a bit each. libpcap makes such programs where an operand of 'or' that has a variable
// offset ('geneve', 'ip6 protochain') may not have been reached. Instruction: sock_filter or
// bpf_insn; the program must be a valid one, of which all jumps go forward.
template <typename Instruction>
std::uint32_t words_loaded_first(const std::vector<Instruction>& program) {
  constexpr std::uint32_t kAll = (1U << BPF_MEMWORDS) - 1;
  std::vector<std::uint32_t> stored(program.size(), kAll);  // on all paths to the instruction
  std::uint32_t loaded = 0;
  if (!stored.empty()) stored[0] = 0;
  for (std::size_t at = 0; at < program.size(); ++at) {
    const Instruction& one = program[at];
    const unsigned kind = BPF_CLASS(one.code);
    std::uint32_t after = stored[at];
    const bool is_load = (kind == BPF_LD || kind == BPF_LDX) && BPF_MODE(one.code) == BPF_MEM;
    if (is_load && one.k < BPF_MEMWORDS) loaded |= (1U << one.k) & ~after;
    if ((kind == BPF_ST || kind == BPF_STX) && one.k < BPF_MEMWORDS) after |= 1U << one.k;
    const auto reach = [&](std::uint64_t distance) {
      if (at + 1 + distance < program.size()) stored[at + 1 + distance] &= after;
    };
    if (kind == BPF_RET) continue;
    if (kind != BPF_JMP) {
      reach(0);
    } else if (BPF_OP(one.code) == BPF_JA) {
      reach(one.k);
    } else {
      reach(one.jt);
      reach(one.jf);
    }
  }
  return loaded;
}

// The same program with a zero in those words from its front on. What libpcap's bpf_filter() finds
// there otherwise is whatever lay on the stack, and the kernel refuses the program (EINVAL,
// check_load_and_stores() in net/core/filter.c).
template <typename Instruction>
std::vector<Instruction> with_cleared_words(std::vector<Instruction> program) {
  const std::uint32_t words = words_loaded_first(program);
  if (words == 0) return program;
  std::vector<Instruction> front{{BPF_LD | BPF_IMM, 0, 0, 0}};
  for (std::uint32_t word = 0; word < BPF_MEMWORDS; ++word) {
    if ((words >> word & 1U) != 0) front.push_back({BPF_ST, 0, 0, word});
  }
  program.insert(program.begin(), front.begin(), front.end());
  return program;
}

}  // namespace capstan
