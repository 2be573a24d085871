#include "tools/serve/index_facts.h"

#include <algorithm>

#include "engine/index/file_identity.h"

namespace capstan::serve {

void take_summary(FileFacts& facts, const IndexSummary& summary) {
  facts.packets = summary.packets;
  facts.bytes = summary.bytes;
  facts.first_ns = summary.first_ns;
  facts.last_ns = summary.last_ns;
  facts.dropped = summary.dropped;
  facts.whole = summary.whole;
  facts.has_ledger = summary.has_ledger;
  facts.in_time_order = summary.in_time_order;
  facts.place = summary.place;
  facts.place_known = summary.place_known;
}

std::shared_ptr<const BlockFacts> facts_of(IndexReader& index) {
  const std::vector<IndexBlock>* const blocks = index.blocks();
  if (blocks == nullptr) return nullptr;
  std::uint64_t stored = 0;
  for (const IndexBlock& block : *blocks) stored += block.packets == 0 ? 0 : block.length_bytes;
  auto facts = std::make_shared<BlockFacts>();
  facts->reserve(blocks->size());
  const auto wire = static_cast<long double>(index.summary().bytes);
  std::uint64_t before = 0;
  std::uint64_t given = 0;
  for (const IndexBlock& block : *blocks) {
    BlockFact fact;
    fact.first_ns = block.first_ns;
    fact.last_ns = block.last_ns;
    fact.packets = block.packets;
    if (block.packets != 0) {
      before += block.length_bytes;
      const auto share = static_cast<long double>(before) / static_cast<long double>(stored);
      const auto upto =
          before == stored ? index.summary().bytes : static_cast<std::uint64_t>(wire * share);
      fact.bytes = upto - given;
      given = upto;
    }
    fact.dropped = block.dropped;
    fact.loss_begin_ns = block.loss_begin_ns;
    fact.loss_end_ns = std::min(block.loss_end_ns, index.summary().last_ns);
    facts->push_back(fact);
  }
  return facts;
}

}  // namespace capstan::serve
