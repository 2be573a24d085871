// Any order of inserting, using, moving and ending flows, over hashes that collide: the table finds
// exactly what a plain map holds, ends each flow once and never holds more than it may.
//
// Input: limit, then operations: what, key, the packet's time (2; tenths of a second), whose second
// byte is also how much later it arrived.
#include <algorithm>
#include <map>
#include <memory>

#include "engine/flow/flow_table.h"

namespace {

using namespace capstan;

// Owns memory, so that AddressSanitizer sees a flow that is ended twice or never.
struct State {
  std::unique_ptr<int> mine;
};

FlowKey key_of(std::uint8_t number) {
  FlowKey key;
  key.low_port = number;
  return key;
}

class Owner {
 public:
  void on_flow_end(Flow<State>& flow, bool) {
    const auto found = held.find(static_cast<std::uint8_t>(flow.key.low_port));
    CAPSTAN_CHECK(found != held.end(), flow.key.low_port);
    CAPSTAN_CHECK(found->second == flow.state.mine.get(), flow.key.low_port);
    held.erase(found);
  }
  std::map<std::uint8_t, const int*> held;
};

using Table = FlowTable<State, Owner>;

void use(Table& table, Owner& owner, std::uint8_t number, FlowList list, std::uint64_t packet_ns,
         std::uint64_t arrival_ns) {
  const FlowKey key = key_of(number);
  const std::uint32_t hash = number & 3U;
  Flow<State>* flow = table.find(key, hash);
  const auto known = owner.held.find(number);
  CAPSTAN_CHECK((flow != nullptr) == (known != owner.held.end()), number);
  if (flow == nullptr) {
    flow = &table.insert(key, hash, list, packet_ns, arrival_ns);
    flow->state.mine = std::make_unique<int>(number);
    owner.held[number] = flow->state.mine.get();
  } else {
    CAPSTAN_CHECK(flow->state.mine.get() == known->second, number);
    table.touch(*flow, packet_ns, arrival_ns);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  FlowLimits limits;
  limits.max_flows = 1 + data[0] % 32U;
  limits.idle_ns = {60'000'000'000, 5'000'000'000, 1'000'000'000};
  Owner owner;
  Table table(limits, 1, owner);
  std::uint64_t arrival_ns = 0;
  for (std::size_t at = 1; at + 4 <= size; at += 4) {
    const std::uint8_t number = data[at + 1];
    const auto list = static_cast<FlowList>((data[at] >> 4) % kFlowLists);
    const std::uint64_t packet_ns =
        static_cast<std::uint64_t>(data[at + 2] << 8 | data[at + 3]) * 100'000'000;
    arrival_ns += data[at + 3] * std::uint64_t{100'000'000};
    Flow<State>* const flow = table.find(key_of(number), number & 3U);
    switch (data[at] & 7) {
      case 0:
        if (flow != nullptr) table.end(*flow, false);
        break;
      case 1:
        if (flow != nullptr) table.move_to(*flow, list);
        break;
      case 2:
        table.expire(arrival_ns, number);
        break;
      case 3: {
        const bool any = table.size() != 0;
        CAPSTAN_CHECK(table.end_oldest() == any, table.size());
        break;
      }
      default:
        use(table, owner, number, list, packet_ns, arrival_ns);
        break;
    }
    CAPSTAN_CHECK(table.size() == owner.held.size(), table.size(), owner.held.size());
    CAPSTAN_CHECK(table.size() <= limits.max_flows, table.size());
  }
  for (const auto& [number, mine] : owner.held) {
    const Flow<State>* const flow = table.find(key_of(number), number & 3U);
    CAPSTAN_CHECK(flow != nullptr && flow->state.mine.get() == mine, number);
  }
  table.clear();
  CAPSTAN_CHECK(table.size() == 0 && owner.held.empty(), table.size(), owner.held.size());
  return 0;
}
