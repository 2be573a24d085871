// A small assembler for BPF: instructions by name, jumps to labels.
//
// blast's kernel program is generated for the frames of one run, with their offsets and table sizes
// as constants, so it is assembled at run time instead of being compiled beforehand. Instruction
// set: Documentation/bpf/standardization/instruction-set.rst in the kernel.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <utility>
#include <vector>

namespace capstan::traffic {

enum class BpfReg : std::uint8_t { r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10 };

class BpfAssembler {
 public:
  // A jump target; created by label(), placed once by bind(). Only forward jumps are possible.
  using Label = std::size_t;
  Label label();
  void bind(Label label);

  // 64-bit arithmetic: BPF_ADD, BPF_SUB, BPF_AND, BPF_OR, BPF_XOR, BPF_LSH, BPF_RSH, BPF_MOD,
  // BPF_MOV.
  void alu(std::uint8_t operation, BpfReg to, BpfReg from);
  void alu(std::uint8_t operation, BpfReg to, std::int32_t constant);
  // The low 32 bits of `from`, zero-extended.
  void move32(BpfReg to, BpfReg from);
  // Converts a 64-bit register to big-endian: reverses its bytes on little-endian machines.
  void to_big_endian64(BpfReg reg);

  // Loads and stores of BPF_B, BPF_H, BPF_W, BPF_DW.
  void load(std::uint8_t width, BpfReg to, BpfReg base, std::int16_t offset);
  void store(std::uint8_t width, BpfReg base, std::int16_t offset, BpfReg from);
  // The address of the value of an array map with a single element.
  void load_map_value(BpfReg to, int map_fd);

  // Jumps: BPF_JA is jump(); BPF_JEQ, BPF_JNE, BPF_JGT, BPF_JGE, BPF_JLT, BPF_JLE, BPF_JSET compare
  // unsigned 64-bit values.
  void jump(Label target);
  void jump_if(std::uint8_t condition, BpfReg left, BpfReg right, Label target);
  void jump_if(std::uint8_t condition, BpfReg left, std::int32_t constant, Label target);

  void call(std::int32_t helper);
  void exit();

  // The finished program. Requires: every label used has been bound (checked).
  std::vector<bpf_insn> finish();

 private:
  void emit(int code, BpfReg to, BpfReg from, std::int16_t offset, std::int32_t immediate);

  static constexpr std::size_t kUnbound = SIZE_MAX;
  std::vector<bpf_insn> instructions_;
  std::vector<std::size_t> labels_;                        // instruction index by label
  std::vector<std::pair<std::size_t, Label>> references_;  // instruction that jumps, to where
};

}  // namespace capstan::traffic
