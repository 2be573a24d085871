// What an index says of its file, as Archive keeps it.
#pragma once

#include <memory>

#include "tools/serve/archive.h"

namespace capstan::serve {

void take_summary(FileFacts& facts, const IndexSummary& summary);

// Null: the index is damaged.
std::shared_ptr<const BlockFacts> facts_of(IndexReader& index);

}  // namespace capstan::serve
