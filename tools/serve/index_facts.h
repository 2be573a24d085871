// What an index says of its file, as Archive keeps it.
#pragma once

#include <memory>
#include <string>

#include "tools/serve/archive.h"

namespace capstan::serve {

void take_summary(FileFacts& facts, const IndexSummary& summary);

// Null: the index is damaged.
std::shared_ptr<const BlockFacts> facts_of(IndexReader& index);

// The index beside a recording. Only where inode and time of change do not tell is the recording
// itself read.
IndexReader::Opened open_index(const std::string& path);

}  // namespace capstan::serve
