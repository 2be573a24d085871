#include "tools/traffic/bpf_assembler.h"

#include "engine/core/check.h"

namespace capstan::traffic {

void BpfAssembler::emit(int code, BpfReg to, BpfReg from, std::int16_t offset,
                        std::int32_t immediate) {
  bpf_insn instruction{};
  instruction.code = static_cast<std::uint8_t>(code);
  instruction.dst_reg = static_cast<std::uint8_t>(to) & 0xf;
  instruction.src_reg = static_cast<std::uint8_t>(from) & 0xf;
  instruction.off = offset;
  instruction.imm = immediate;
  instructions_.push_back(instruction);
}

BpfAssembler::Label BpfAssembler::label() {
  labels_.push_back(kUnbound);
  return labels_.size() - 1;
}

void BpfAssembler::bind(Label label) {
  CAPSTAN_CHECK(labels_.at(label) == kUnbound, label);
  labels_[label] = instructions_.size();
}

void BpfAssembler::alu(std::uint8_t operation, BpfReg to, BpfReg from) {
  emit(BPF_ALU64 | BPF_X | operation, to, from, 0, 0);
}

void BpfAssembler::alu(std::uint8_t operation, BpfReg to, std::int32_t constant) {
  emit(BPF_ALU64 | BPF_K | operation, to, BpfReg::r0, 0, constant);
}

void BpfAssembler::move32(BpfReg to, BpfReg from) {
  emit(BPF_ALU | BPF_X | BPF_MOV, to, from, 0, 0);
}

void BpfAssembler::to_big_endian64(BpfReg reg) {
  emit(BPF_ALU | BPF_END | BPF_TO_BE, reg, BpfReg::r0, 0, 64);
}

void BpfAssembler::load(std::uint8_t width, BpfReg to, BpfReg base, std::int16_t offset) {
  emit(BPF_LDX | BPF_MEM | width, to, base, offset, 0);
}

void BpfAssembler::store(std::uint8_t width, BpfReg base, std::int16_t offset, BpfReg from) {
  emit(BPF_STX | BPF_MEM | width, base, from, offset, 0);
}

void BpfAssembler::load_map_value(BpfReg to, int map_fd) {
  emit(BPF_LD | BPF_IMM | BPF_DW, to, static_cast<BpfReg>(BPF_PSEUDO_MAP_VALUE), 0, map_fd);
  emit(0, BpfReg::r0, BpfReg::r0, 0, 0);
}

void BpfAssembler::jump(Label target) {
  references_.emplace_back(instructions_.size(), target);
  emit(BPF_JMP | BPF_JA, BpfReg::r0, BpfReg::r0, 0, 0);
}

void BpfAssembler::jump_if(std::uint8_t condition, BpfReg left, BpfReg right, Label target) {
  references_.emplace_back(instructions_.size(), target);
  emit(BPF_JMP | BPF_X | condition, left, right, 0, 0);
}

void BpfAssembler::jump_if(std::uint8_t condition, BpfReg left, std::int32_t constant,
                           Label target) {
  references_.emplace_back(instructions_.size(), target);
  emit(BPF_JMP | BPF_K | condition, left, BpfReg::r0, 0, constant);
}

void BpfAssembler::call(std::int32_t helper) {
  emit(BPF_JMP | BPF_CALL, BpfReg::r0, BpfReg::r0, 0, helper);
}

void BpfAssembler::exit() { emit(BPF_JMP | BPF_EXIT, BpfReg::r0, BpfReg::r0, 0, 0); }

std::vector<bpf_insn> BpfAssembler::finish() {
  for (const auto& [from, label] : references_) {
    CAPSTAN_CHECK(labels_.at(label) != kUnbound, label);
    const auto distance =
        static_cast<std::int64_t>(labels_[label]) - static_cast<std::int64_t>(from) - 1;
    CAPSTAN_CHECK(distance >= 0 && distance <= INT16_MAX, distance);
    instructions_[from].off = static_cast<std::int16_t>(distance);
  }
  return std::move(instructions_);
}

}  // namespace capstan::traffic
