// What an index tells about its file, in the form that Archive keeps.
#pragma once

#include <memory>

#include "tools/serve/archive.h"

namespace capstan::serve {

void take_summary(FileFacts& facts, const IndexSummary& summary);

// Returns null if the index is damaged.
std::shared_ptr<const BlockFacts> facts_of(IndexReader& index);

}  // namespace capstan::serve
