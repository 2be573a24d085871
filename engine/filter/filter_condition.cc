#include "engine/filter/filter_condition.h"

#include <pcap/pcap.h>

#include <map>
#include <optional>
#include <tuple>

#include "engine/flow/protocol_numbers.h"

namespace capstan {

namespace {

// A program that libpcap makes of a line of text has some dozens of states. Beyond these bounds,
// which a hostile program can reach, the condition is always true.
constexpr std::size_t kMostStates = 50'000;
constexpr std::uint32_t kMostDepth = 5'000;

// Where a link type has its ethertype and what follows.
struct LinkLayout {
  bool known = false;
  bool has_macs = false;
  bool has_ethertype = false;
  std::uint32_t ethertype_at = 0;
  std::uint32_t network_at = 0;
};

LinkLayout layout_of(std::uint16_t link_type) noexcept {
  switch (link_type) {
    case link_type::kEthernet:
      return {true, true, true, 12, 14};
    case link_type::kLinuxSll:
      return {true, false, true, 14, 16};
    case link_type::kLinuxSll2:
      return {true, false, true, 0, 20};
    case link_type::kRaw:
    case link_type::kIpv4:
    case link_type::kIpv6:
      return {true, false, false, 0, 0};
    default:
      return {};
  }
}

enum class Network : std::uint8_t { kUnknown, kIp4, kIp6, kArp };

// What a register holds.
struct Value {
  enum class Kind : std::uint8_t { kUnknown, kConstant, kBits, kHeaderLength };
  Kind kind = Kind::kUnknown;
  std::uint32_t constant = 0;
  HeaderBits bits;

  auto key() const noexcept {
    const std::uint64_t packed =
        static_cast<std::uint64_t>(kind) << 40 | static_cast<std::uint64_t>(bits.field) << 32 |
        static_cast<std::uint64_t>(bits.depth) << 24 |
        static_cast<std::uint64_t>(bits.offset) << 16 | static_cast<std::uint64_t>(bits.size) << 8;
    return std::tuple(packed, constant, bits.mask);
  }
};

// One point of the walk: the registers, and what the path has made certain.
struct State {
  std::uint32_t at = 0;
  Value a;
  Value x;
  std::uint8_t tags = 0;  // so many VLAN tags are certain
  Network network = Network::kUnknown;
  std::uint8_t network_depth = 0;  // behind so many tags

  auto key() const noexcept {
    return std::tuple(at, a.key(), x.key(), tags, network, network_depth);
  }
};

class Walker {
 public:
  using Node = FilterCondition::Node;
  using Kind = FilterCondition::Kind;

  Walker(std::span<const FilterInstruction> program, std::uint16_t link_type,
         std::vector<Node>& nodes, std::vector<HeaderAtom>& atoms)
      : program_(program),
        link_type_(link_type),
        layout_(layout_of(link_type)),
        nodes_(nodes),
        atoms_(atoms) {
    never_ = add({Kind::kNever, 0, 0});
    always_ = add({Kind::kAlways, 0, 0});
  }

  void run() {
    State start;
    if (link_type_ == link_type::kIpv4) start.network = Network::kIp4;
    if (link_type_ == link_type::kIpv6) start.network = Network::kIp6;
    const std::uint32_t top = walk(start, 0);
    // The condition is the last node.
    if (top + 1 != nodes_.size()) {
      const Node node = nodes_[too_large_ ? always_ : top];
      add(node);
    }
    if (too_large_) nodes_.back() = {Kind::kAlways, 0, 0};
  }

 private:
  std::uint32_t add(Node node) {
    nodes_.push_back(node);
    return static_cast<std::uint32_t>(nodes_.size() - 1);
  }

  std::uint32_t make_or(std::uint32_t one, std::uint32_t other) {
    if (one == always_ || other == always_) return always_;
    if (one == never_ || one == other) return other;
    if (other == never_) return one;
    return add({Kind::kOr, one, other});
  }

  std::uint32_t make_and(std::uint32_t one, std::uint32_t other) {
    if (one == never_ || other == never_) return never_;
    if (one == always_ || one == other) return other;
    if (other == always_) return one;
    return add({Kind::kAnd, one, other});
  }

  std::uint32_t make_atom(const HeaderAtom& atom) {
    atoms_.push_back(atom);
    return add({Kind::kAtom, static_cast<std::uint32_t>(atoms_.size() - 1), 0});
  }

  // The condition under which the program accepts from this state on.
  std::uint32_t walk(State state, std::uint32_t depth) {
    if (too_large_ || depth > kMostDepth || known_.size() > kMostStates) {
      too_large_ = true;
      return always_;
    }
    const auto key = state.key();
    const auto found = known_.find(key);
    if (found != known_.end()) return found->second;
    known_.emplace(key, always_);  // what comes back to a state that is being walked (a loop)
    const std::uint32_t node = walk_new(state, depth);
    known_[key] = node;
    return node;
  }

  std::uint32_t walk_new(State state, std::uint32_t depth) {
    for (std::size_t steps = 0; steps <= program_.size(); ++steps) {
      if (state.at >= program_.size()) return always_;  // no program ends so
      const FilterInstruction& now = program_[state.at];
      switch (BPF_CLASS(now.code)) {
        case BPF_RET:
          return BPF_RVAL(now.code) == BPF_K && now.operand == 0 ? never_ : always_;
        case BPF_JMP:
          if (BPF_OP(now.code) != BPF_JA) return branch(state, now, depth);
          state.at += 1 + now.operand;  // backwards too: the sum wraps
          continue;
        case BPF_LD:
          state.a = load(now, state);
          break;
        case BPF_LDX:
          state.x = load_x(now, state);
          break;
        case BPF_ALU:
          state.a = calculate(now, state);
          break;
        case BPF_MISC:
          if (BPF_MISCOP(now.code) == BPF_TAX) {
            state.x = state.a;
          } else {
            state.a = state.x;
          }
          break;
        default:
          break;  // a store: memory is not followed
      }
      ++state.at;
    }
    return always_;  // jumps in a circle
  }

  static Value constant(std::uint32_t value) { return {Value::Kind::kConstant, value, {}}; }
  static Value bits(HeaderField field, std::uint32_t depth, std::uint32_t offset,
                    std::uint32_t size) {
    return {Value::Kind::kBits,
            0,
            {field, static_cast<std::uint8_t>(depth), static_cast<std::uint8_t>(offset),
             static_cast<std::uint8_t>(size), 0xffffffff}};
  }

  static std::uint32_t size_of(std::uint16_t code) {
    return BPF_SIZE(code) == BPF_W ? 4 : BPF_SIZE(code) == BPF_H ? 2 : 1;
  }

  std::uint32_t network_at(const State& state) const {
    return layout_.network_at + 4U * state.network_depth;
  }

  Value load(const FilterInstruction& now, const State& state) const {
    switch (BPF_MODE(now.code)) {
      case BPF_IMM:
        return constant(now.operand);
      case BPF_ABS:
        return load_at(now.operand, size_of(now.code), state);
      case BPF_IND:
        return load_behind_header(now.operand, size_of(now.code), state);
      default:
        return {};
    }
  }

  Value load_at(std::uint32_t at, std::uint32_t size, const State& state) const {
    if (!layout_.known || at > 0xffff) return {};
    if (layout_.has_macs && at + size <= 12) return bits(HeaderField::kMacs, 0, at, size);
    if (layout_.has_ethertype && size == 2 && at == layout_.ethertype_at) {
      return bits(HeaderField::kEthertype, 0, 0, 2);
    }
    if (layout_.has_ethertype && size == 2 && at >= layout_.network_at) {
      const std::uint32_t behind = at - layout_.network_at;
      if (behind / 4 < state.tags) {  // a tag, then the next ethertype
        if (behind % 4 == 0) return bits(HeaderField::kVlanTag, behind / 4, 0, 2);
        if (behind % 4 == 2) return bits(HeaderField::kEthertype, behind / 4 + 1, 0, 2);
      }
    }
    if (!layout_.has_ethertype && at == 0 && size == 1) return bits(HeaderField::kVersion, 0, 0, 1);
    return at < network_at(state) ? Value{} : load_in_network(at - network_at(state), size, state);
  }

  static Value load_in_network(std::uint32_t at, std::uint32_t size, const State& state) {
    const auto inside = [&](std::uint32_t from, std::uint32_t to) {
      return at >= from && at + size <= to;
    };
    switch (state.network) {
      case Network::kIp4:
        if (at == 0 && size == 1) return bits(HeaderField::kIp4First, 0, 0, 1);
        if (at == 6 && size == 2) return bits(HeaderField::kIp4Fragment, 0, 0, 2);
        if (at == 9 && size == 1) return bits(HeaderField::kIp4Protocol, 0, 0, 1);
        if (inside(12, 20)) return bits(HeaderField::kIp4Addresses, 0, at - 12, size);
        return {};
      case Network::kIp6:
        if (at == 0 && size == 1) return bits(HeaderField::kIp6First, 0, 0, 1);
        if (at == 6 && size == 1) return bits(HeaderField::kIp6Next, 0, 0, 1);
        if (inside(8, 40)) return bits(HeaderField::kIp6Addresses, 0, at - 8, size);
        if (inside(40, 44)) return bits(HeaderField::kIp6Ports, 0, at - 40, size);
        return {};
      case Network::kArp:
        if (inside(14, 18)) return bits(HeaderField::kArpSender, 0, at - 14, size);
        if (inside(24, 28)) return bits(HeaderField::kArpTarget, 0, at - 24, size);
        return {};
      case Network::kUnknown:
        return {};
    }
    return {};
  }

  // [x + k], where x is the length of the IPv4 header.
  Value load_behind_header(std::uint32_t at, std::uint32_t size, const State& state) const {
    if (state.x.kind == Value::Kind::kConstant) {
      return load_at(at + state.x.constant, size, state);
    }
    if (state.x.kind != Value::Kind::kHeaderLength || state.network != Network::kIp4 ||
        state.x.constant != network_at(state) || at < network_at(state)) {
      return {};
    }
    const std::uint32_t behind = at - network_at(state);
    return behind + size <= 4 ? bits(HeaderField::kIp4Ports, 0, behind, size) : Value{};
  }

  Value load_x(const FilterInstruction& now, const State& state) const {
    if (BPF_MODE(now.code) == BPF_IMM) return constant(now.operand);
    const bool of_ip4 = BPF_MODE(now.code) == BPF_MSH && state.network == Network::kIp4 &&
                        now.operand == network_at(state);
    return of_ip4 ? Value{Value::Kind::kHeaderLength, now.operand, {}} : Value{};
  }

  static Value calculate(const FilterInstruction& now, const State& state) {
    if (BPF_SRC(now.code) != BPF_K) return {};
    const std::uint32_t k = now.operand;
    if (state.a.kind == Value::Kind::kBits && BPF_OP(now.code) == BPF_AND) {
      Value masked = state.a;
      masked.bits.mask &= k;
      return masked;
    }
    if (state.a.kind != Value::Kind::kConstant) return {};
    const std::uint32_t a = state.a.constant;
    switch (BPF_OP(now.code)) {
      case BPF_ADD:
        return constant(a + k);
      case BPF_SUB:
        return constant(a - k);
      case BPF_MUL:
        return constant(a * k);
      case BPF_AND:
        return constant(a & k);
      case BPF_OR:
        return constant(a | k);
      case BPF_LSH:
        return k < 32 ? constant(a << k) : Value{};
      case BPF_RSH:
        return k < 32 ? constant(a >> k) : Value{};
      default:
        return {};
    }
  }

  static std::optional<Compare> compare_of(std::uint16_t code) {
    switch (BPF_OP(code)) {
      case BPF_JEQ:
        return Compare::kEqual;
      case BPF_JGT:
        return Compare::kGreater;
      case BPF_JGE:
        return Compare::kGreaterOrEqual;
      case BPF_JSET:
        return Compare::kAnyBit;
      default:
        return std::nullopt;
    }
  }

  std::uint32_t branch(const State& state, const FilterInstruction& now, std::uint32_t depth) {
    State taken = state;
    State passed = state;
    taken.at += 1U + now.jump_true;
    passed.at += 1U + now.jump_false;
    const std::optional<Compare> compare = compare_of(now.code);
    const bool with_constant = BPF_SRC(now.code) == BPF_K && compare.has_value();
    if (!with_constant || state.a.kind == Value::Kind::kUnknown ||
        state.a.kind == Value::Kind::kHeaderLength) {
      return make_or(walk(taken, depth + 1), walk(passed, depth + 1));
    }
    if (state.a.kind == Value::Kind::kConstant) {
      const HeaderAtom atom{{}, *compare, now.operand, false};
      const bool yes = can_hold(atom, {state.a.constant, 0xffffffff});
      return walk(yes ? taken : passed, depth + 1);
    }
    HeaderAtom atom{state.a.bits, *compare, now.operand, false};
    learn(atom, taken);
    const std::uint32_t yes = walk(taken, depth + 1);
    const std::uint32_t no = walk(passed, depth + 1);
    if (yes == no) return yes;
    const std::uint32_t with = yes == never_ ? never_ : make_and(make_atom(atom), yes);
    atom.negated = true;
    const std::uint32_t without = no == never_ ? never_ : make_and(make_atom(atom), no);
    return make_or(with, without);
  }

  // What an equality makes certain on the way where it holds.
  static void learn(const HeaderAtom& atom, State& state) {
    if (atom.compare != Compare::kEqual) return;
    if (atom.bits.field == HeaderField::kVersion && (atom.bits.mask & 0xff) == 0xf0) {
      if (atom.value == 0x40) state.network = Network::kIp4;
      if (atom.value == 0x60) state.network = Network::kIp6;
      return;
    }
    if (atom.bits.field != HeaderField::kEthertype || (atom.bits.mask & 0xffff) != 0xffff) return;
    const std::uint8_t depth = atom.bits.depth;
    if (atom.value <= 0xffff && ether_type::is_vlan(static_cast<std::uint16_t>(atom.value))) {
      if (depth == state.tags && state.tags < 8) ++state.tags;
      return;
    }
    Network network = Network::kUnknown;
    if (atom.value == ether_type::kIpv4) network = Network::kIp4;
    if (atom.value == ether_type::kIpv6) network = Network::kIp6;
    if (atom.value == ether_type::kArp || atom.value == ether_type::kRarp) network = Network::kArp;
    if (network == Network::kUnknown) return;
    state.network = network;
    state.network_depth = depth;
  }

  std::span<const FilterInstruction> program_;
  std::uint16_t link_type_;
  LinkLayout layout_;
  std::vector<Node>& nodes_;
  std::vector<HeaderAtom>& atoms_;
  std::uint32_t never_ = 0;
  std::uint32_t always_ = 0;
  bool too_large_ = false;
  std::map<decltype(State{}.key()), std::uint32_t> known_;
};

}  // namespace

FilterCondition::FilterCondition(std::span<const FilterInstruction> program,
                                 std::uint16_t link_type) {
  if (program.empty()) {
    nodes_.push_back({Kind::kAlways, 0, 0});
    return;
  }
  Walker(program, link_type, nodes_, atoms_).run();
}

bool can_hold(const HeaderAtom& atom, KnownBits bits) noexcept {
  const std::uint32_t mask = atom.bits.mask;
  const std::uint32_t known = bits.known & mask;
  const std::uint32_t value = bits.value & known;
  const bool certain = known == mask;
  switch (atom.compare) {
    case Compare::kEqual: {
      const bool differs = (atom.value & ~mask) != 0 || ((value ^ atom.value) & known) != 0;
      if (atom.negated) return differs || !certain;
      return !differs;
    }
    case Compare::kAnyBit: {
      const bool some = (value & atom.value) != 0;
      if (atom.negated) return !some;
      return some || (atom.value & mask & ~known) != 0;
    }
    case Compare::kGreater:
      return !certain || (value > atom.value) != atom.negated;
    case Compare::kGreaterOrEqual:
      return !certain || (value >= atom.value) != atom.negated;
  }
  return true;
}

}  // namespace capstan
