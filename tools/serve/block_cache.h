// BlockCache: the blocks of files whose indexes were read recently.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace capstan::serve {

// About 1 MiB of a file, from an IndexBlock.
struct BlockFact {
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  // on the wire: a share of the file's, by stored bytes
  std::uint64_t dropped = 0;
  std::uint64_t loss_begin_ns = 0;
  std::uint64_t loss_end_ns = 0;
};
using BlockFacts = std::vector<BlockFact>;

// One thread at a time. The least recently used files are dropped.
class BlockCache {
 public:
  // Holds about `most_blocks` blocks; each file counts a few more than it has.
  explicit BlockCache(std::size_t most_blocks) : most_blocks_(most_blocks) {}

  // Returns null if there is nothing for this file with this modification time.
  std::shared_ptr<const BlockFacts> find(const std::string& path, std::uint64_t modified_ns);
  void put(const std::string& path, std::uint64_t modified_ns,
           std::shared_ptr<const BlockFacts> blocks);

 private:
  struct Entry {
    std::string path;
    std::uint64_t modified_ns;
    std::shared_ptr<const BlockFacts> blocks;
  };
  void drop(std::list<Entry>::iterator entry);

  const std::size_t most_blocks_;
  std::list<Entry> entries_;                                                  // latest use first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_path_;  // of entries_
  std::size_t blocks_ = 0;
};

}  // namespace capstan::serve
