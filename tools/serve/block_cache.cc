#include "tools/serve/block_cache.h"

#include <utility>

namespace capstan::serve {

namespace {

std::size_t cost_of(const BlockFacts& blocks) noexcept {
  constexpr std::size_t kEntry = 4;  // path, list and table, in blocks
  return blocks.size() + kEntry;
}

}  // namespace

std::shared_ptr<const BlockFacts> BlockCache::find(const std::string& path,
                                                   std::uint64_t modified_ns) {
  const auto found = by_path_.find(path);
  if (found == by_path_.end() || found->second->modified_ns != modified_ns) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return entries_.front().blocks;
}

void BlockCache::put(const std::string& path, std::uint64_t modified_ns,
                     std::shared_ptr<const BlockFacts> blocks) {
  if (const auto before = by_path_.find(path); before != by_path_.end()) drop(before->second);
  blocks_ += cost_of(*blocks);
  entries_.push_front({path, modified_ns, std::move(blocks)});
  by_path_[entries_.front().path] = entries_.begin();
  while (blocks_ > most_blocks_ && entries_.size() > 1) drop(std::prev(entries_.end()));
}

void BlockCache::drop(std::list<Entry>::iterator entry) {
  blocks_ -= cost_of(*entry->blocks);
  by_path_.erase(entry->path);
  entries_.erase(entry);
}

}  // namespace capstan::serve
