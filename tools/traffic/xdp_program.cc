#include "tools/traffic/xdp_program.h"

#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "engine/core/errors.h"
#include "tools/traffic/bpf_assembler.h"
#include "tools/traffic/frame_format.h"

namespace capstan::traffic {

namespace {

using enum BpfReg;

static_assert(sizeof(SizeEntry) == 128 && offsetof(SizeEntry, header) == 0);
static_assert(sizeof(FlowEntry) == 64 && offsetof(FlowEntry, patch) == 0);

// The clock is asked at every sixteenth frame at least, which bounds by how much a run oversteps
// its end; asking costs some 25 ns.
constexpr std::int32_t kClockMask = 15;

constexpr std::int16_t state_offset(std::size_t offset) {
  return static_cast<std::int16_t>(offset);
}
constexpr auto kNextSequence = state_offset(offsetof(XdpRunState, next_sequence));
constexpr auto kEndSequence = state_offset(offsetof(XdpRunState, end_sequence));
constexpr auto kBytes = state_offset(offsetof(XdpRunState, bytes));
constexpr auto kDue = state_offset(offsetof(XdpRunState, due));
constexpr auto kNow = state_offset(offsetof(XdpRunState, now_ns));
constexpr auto kStart = state_offset(offsetof(XdpRunState, start_ns));
constexpr auto kEnd = state_offset(offsetof(XdpRunState, end_ns));

// A table as the program sees it: its entries rounded up to a power of two, so that a masked index
// can never leave it and the verifier knows.
template <typename Entry>
BpfMemory make_table(std::string_view name, std::span<const Entry> entries) {
  BpfMemory memory(name, std::bit_ceil(entries.size()) * sizeof(Entry));
  std::memcpy(memory.data(), entries.data(), entries.size_bytes());
  return memory;
}

struct Tables {
  int state, sizes, size_order, flows, flow_order;
};

// Registers kept through the whole program: r6 context, r7 run state, r8 sequence, r9 size entry,
// r2 packet (after the last helper call but one).
class ProgramBuilder {
 public:
  ProgramBuilder(const FramePlan& plan, const PaceOptions& pace, const Tables& tables)
      : plan_(plan), pace_(pace), tables_(tables), drop_(code_.label()) {}

  std::vector<bpf_insn> build(XdpDirection direction, int ifindex) {
    code_.alu(BPF_MOV, r6, r1);
    code_.load_map_value(r7, tables_.state);
    code_.load(BPF_DW, r8, r7, kNextSequence);
    code_.load(BPF_DW, r1, r7, kEndSequence);
    code_.jump_if(BPF_JGE, r8, r1, drop_);
    check_time();
    find_size();
    open_packet();
    copy_header();
    write_variable_part();
    account();
    cut_to_size();
    if (direction == XdpDirection::kOut) {
      code_.alu(BPF_MOV, r1, ifindex);
      code_.alu(BPF_MOV, r2, 0);
      code_.call(BPF_FUNC_redirect);
    } else {
      code_.alu(BPF_MOV, r0, XDP_PASS);
    }
    code_.exit();
    code_.bind(drop_);
    code_.alu(BPF_MOV, r0, XDP_DROP);
    code_.exit();
    return code_.finish();
  }

 private:
  // Drops unless a frame is due: Pacer::wait_ns() in BPF.
  void check_time() {
    const auto send = code_.label();
    const auto ask = code_.label();
    const auto started = code_.label();
    code_.alu(BPF_MOV, r1, r8);
    code_.alu(BPF_AND, r1, kClockMask);
    code_.jump_if(BPF_JEQ, r1, 0, ask);
    if (!pace_.is_paced()) {
      code_.jump(send);
    } else {
      code_.load(BPF_DW, r1, r7, kDue);
      code_.alu(BPF_RSH, r1, kPaceShift);
      code_.load(BPF_DW, r2, r7, kNow);
      code_.jump_if(BPF_JGT, r1, r2, ask);
      // Late frames need no new look at the clock, unless the last one showed the end.
      code_.load(BPF_DW, r1, r7, kEnd);
      code_.jump_if(BPF_JGE, r2, r1, drop_);
      code_.jump(send);
    }
    code_.bind(ask);
    code_.call(BPF_FUNC_ktime_get_ns);
    code_.load(BPF_DW, r1, r7, kStart);
    code_.jump_if(BPF_JNE, r1, 0, started);
    code_.load(BPF_DW, r2, r7, kDue);
    code_.alu(BPF_RSH, r2, kPaceShift);
    code_.alu(BPF_MOV, r1, r0);
    code_.alu(BPF_SUB, r1, r2);
    code_.store(BPF_DW, r7, kStart, r1);
    code_.bind(started);
    code_.alu(BPF_SUB, r0, r1);
    code_.store(BPF_DW, r7, kNow, r0);
    code_.load(BPF_DW, r1, r7, kEnd);
    code_.jump_if(BPF_JGE, r0, r1, drop_);
    if (pace_.has_bursts()) check_burst();
    if (pace_.is_paced()) {
      code_.load(BPF_DW, r1, r7, kDue);
      code_.alu(BPF_RSH, r1, kPaceShift);
      code_.jump_if(BPF_JGT, r1, r0, drop_);
    }
    code_.bind(send);
  }

  // r0: now. Periods are kept in registers because they may exceed 32 bits.
  void check_burst() {
    const auto in_step = code_.label();
    load_constant(r1, pace_.burst_on_ns + pace_.burst_off_ns);
    code_.alu(BPF_MOV, r2, r0);
    code_.alu(BPF_MOD, r2, r1);
    load_constant(r1, pace_.burst_on_ns);
    code_.jump_if(BPF_JGE, r2, r1, drop_);
    code_.alu(BPF_MOV, r1, r0);
    code_.alu(BPF_SUB, r1, r2);
    code_.alu(BPF_LSH, r1, kPaceShift);
    code_.load(BPF_DW, r3, r7, kDue);
    code_.jump_if(BPF_JGE, r3, r1, in_step);
    code_.store(BPF_DW, r7, kDue, r1);
    code_.bind(in_step);
  }

  void load_constant(BpfReg to, std::uint64_t value) {
    code_.alu(BPF_MOV, to, static_cast<std::int32_t>(value >> 31));
    code_.alu(BPF_LSH, to, 31);
    code_.alu(BPF_OR, to, static_cast<std::int32_t>(value & 0x7fffffff));
  }

  // to = address of the table's entry number (r8 % order's length -> index in order).
  void load_entry(BpfReg to, BpfReg scratch, std::size_t order_length, int order_fd, int table_fd,
                  std::size_t table_length, std::int32_t entry_shift) {
    if (order_length == 1) {
      code_.load_map_value(to, table_fd);
      return;
    }
    code_.alu(BPF_MOV, scratch, r8);
    code_.alu(BPF_MOD, scratch, static_cast<std::int32_t>(order_length));
    code_.alu(BPF_AND, scratch, static_cast<std::int32_t>(std::bit_ceil(order_length) - 1));
    code_.alu(BPF_LSH, scratch, 2);
    code_.load_map_value(to, order_fd);
    code_.alu(BPF_ADD, to, scratch);
    code_.load(BPF_W, scratch, to, 0);
    code_.alu(BPF_AND, scratch, static_cast<std::int32_t>(std::bit_ceil(table_length) - 1));
    code_.alu(BPF_LSH, scratch, entry_shift);
    code_.load_map_value(to, table_fd);
    code_.alu(BPF_ADD, to, scratch);
  }

  void find_size() {
    load_entry(r9, r1, plan_.size_order().size(), tables_.size_order, tables_.sizes,
               plan_.sizes().size(), 7);
  }

  void open_packet() {
    code_.load(BPF_W, r2, r6, static_cast<std::int16_t>(offsetof(xdp_md, data)));
    code_.load(BPF_W, r3, r6, static_cast<std::int16_t>(offsetof(xdp_md, data_end)));
    code_.alu(BPF_MOV, r1, r2);
    code_.alu(BPF_ADD, r1, static_cast<std::int32_t>(plan_.header_size()));
    code_.jump_if(BPF_JGT, r1, r3, drop_);
  }

  void copy(BpfReg from, std::size_t to_offset, std::size_t size) {
    for (std::size_t done = 0; done < size;) {
      const std::uint8_t width = size - done >= 8 ? BPF_DW : BPF_W;
      code_.load(width, r5, from, static_cast<std::int16_t>(done));
      code_.store(width, r2, static_cast<std::int16_t>(to_offset + done), r5);
      done += width == BPF_DW ? 8 : 4;
    }
  }

  void copy_header() { copy(r9, 0, plan_.header_size()); }

  void write_variable_part() {
    const auto raw = code_.label();
    const auto done = code_.label();
    code_.alu(BPF_MOV, r3, r8);
    code_.to_big_endian64(r3);
    if (plan_.raw_sizes().size() < plan_.sizes().size()) {
      if (!plan_.raw_sizes().empty()) {
        code_.load(BPF_W, r1, r9, static_cast<std::int16_t>(offsetof(SizeEntry, is_raw)));
        code_.jump_if(BPF_JNE, r1, 0, raw);
      }
      write_ip_part();
      code_.jump(done);
    }
    code_.bind(raw);
    if (!plan_.raw_sizes().empty()) write_raw_part();
    code_.bind(done);
  }

  // r3: the sequence as it lies in the frame.
  void write_ip_part() {
    load_entry(r4, r1, plan_.flow_order().size(), tables_.flow_order, tables_.flows,
               plan_.flows().size(), 6);
    copy(r4, plan_.patch_offset(), plan_.patch_size());
    code_.store(BPF_DW, r2, static_cast<std::int16_t>(plan_.tag_offset() + kTagSequenceOffset), r3);
    if (!plan_.options().ipv6) {
      code_.load(BPF_W, r0, r9, static_cast<std::int16_t>(offsetof(SizeEntry, ip_sum)));
      code_.load(BPF_W, r1, r4, static_cast<std::int16_t>(offsetof(FlowEntry, ip_sum)));
      code_.alu(BPF_ADD, r0, r1);
      store_checksum(plan_.l3_offset() + 10, false);
    }
    code_.load(BPF_W, r0, r9, static_cast<std::int16_t>(offsetof(SizeEntry, payload_sum)));
    code_.load(BPF_W, r1, r4, static_cast<std::int16_t>(offsetof(FlowEntry, udp_sum)));
    code_.alu(BPF_ADD, r0, r1);
    add_sequence();
    store_checksum(plan_.udp_offset() + 6, true);
  }

  void write_raw_part() {
    const std::size_t tag = plan_.raw_tag_offset();
    code_.store(BPF_DW, r2, static_cast<std::int16_t>(tag + kTagSequenceOffset), r3);
    code_.alu(BPF_MOV, r1, r3);
    code_.alu(BPF_RSH, r1, 32);  // little-endian: the low 32 bits of the number lie last
    code_.store(BPF_W, r2, 8, r1);
    code_.load(BPF_W, r0, r9, static_cast<std::int16_t>(offsetof(SizeEntry, payload_sum)));
    add_sequence();
    store_checksum(tag + kRawChecksumOffset, false);
  }

  void add_sequence() {
    code_.alu(BPF_MOV, r1, r3);
    code_.alu(BPF_RSH, r1, 32);
    code_.alu(BPF_ADD, r0, r1);
    code_.move32(r1, r3);
    code_.alu(BPF_ADD, r0, r1);
  }

  // Folds the sum in r0 as checksum_fold() does and stores its complement.
  void store_checksum(std::size_t offset, bool is_udp) {
    code_.alu(BPF_MOV, r1, r0);
    code_.alu(BPF_RSH, r1, 32);
    code_.move32(r0, r0);
    code_.alu(BPF_ADD, r0, r1);
    for (int round = 0; round < 3; ++round) {
      code_.alu(BPF_MOV, r1, r0);
      code_.alu(BPF_RSH, r1, 16);
      code_.alu(BPF_AND, r0, 0xffff);
      code_.alu(BPF_ADD, r0, r1);
    }
    code_.alu(BPF_XOR, r0, 0xffff);
    if (is_udp) {
      const auto present = code_.label();
      code_.jump_if(BPF_JNE, r0, 0, present);
      code_.alu(BPF_MOV, r0, 0xffff);
      code_.bind(present);
    }
    code_.store(BPF_H, r2, static_cast<std::int16_t>(offset), r0);
  }

  void account() {
    code_.load(BPF_W, r4, r9, static_cast<std::int16_t>(offsetof(SizeEntry, frame_size)));
    code_.load(BPF_DW, r1, r7, kBytes);
    code_.alu(BPF_ADD, r1, r4);
    code_.store(BPF_DW, r7, kBytes, r1);
    code_.alu(BPF_ADD, r8, 1);
    code_.store(BPF_DW, r7, kNextSequence, r8);
    if (pace_.is_paced()) {
      code_.load(BPF_DW, r1, r7, kDue);
      code_.load(BPF_DW, r3, r9, static_cast<std::int16_t>(offsetof(SizeEntry, pace_cost)));
      code_.alu(BPF_ADD, r1, r3);
      code_.store(BPF_DW, r7, kDue, r1);
    }
  }

  // r4: the frame's size. The kernel hands out every frame at full size again.
  void cut_to_size() {
    if (plan_.sizes().size() == 1 && plan_.largest_frame() == plan_.buffer_size()) return;
    code_.alu(BPF_MOV, r1, r6);
    code_.alu(BPF_MOV, r2, r4);
    code_.alu(BPF_SUB, r2, static_cast<std::int32_t>(plan_.buffer_size()));
    code_.call(BPF_FUNC_xdp_adjust_tail);
  }

  const FramePlan& plan_;
  const PaceOptions& pace_;
  Tables tables_;
  BpfAssembler code_;
  BpfAssembler::Label drop_;
};

}  // namespace

XdpProgram::XdpProgram(const FramePlan& plan, const PaceOptions& pace, XdpDirection direction,
                       int ifindex) {
  if constexpr (std::endian::native != std::endian::little) {
    throw_system_error(ENOTSUP, "xdp engine on a big-endian machine", "Use --engine ring");
  }
  state_ = BpfMemory("blast_state", sizeof(XdpRunState));
  sizes_ = make_table<SizeEntry>("blast_sizes", plan.sizes());
  size_order_ = make_table<std::uint32_t>("blast_sizeorder", plan.size_order());
  flows_ = make_table<FlowEntry>("blast_flows", plan.flows());
  flow_order_ = make_table<std::uint32_t>("blast_floworder", plan.flow_order());
  const Tables tables{state_.fd(), sizes_.fd(), size_order_.fd(), flows_.fd(), flow_order_.fd()};
  const std::vector<bpf_insn> instructions =
      ProgramBuilder(plan, pace, tables).build(direction, ifindex);
  program_ = load_xdp_program("capstan_blast", instructions, false);
}

UniqueFd load_pass_program() {
  BpfAssembler code;
  code.alu(BPF_MOV, r0, XDP_PASS);
  code.exit();
  return load_xdp_program("capstan_pass", code.finish(), true);
}

}  // namespace capstan::traffic
