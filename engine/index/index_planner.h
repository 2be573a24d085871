// IndexPlanner: what of a file has to be read for a filter and a time, by what its index says.
//
// Never wrong, only slower: an index that is missing, damaged, of another file or newer than this
// program means that the file is read, and every packet that is read is filtered all the same.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/filter/packet_filter.h"
#include "engine/index/index_reader.h"
#include "engine/index/row_match.h"
#include "engine/reader/set_reader.h"

namespace capstan {

// How the last plan came about, for those who print it.
struct PlanFacts {
  IndexRefusal refusal = IndexRefusal::kMissing;  // kNone: by its index
  std::string reason;                             // of the refusal, one phrase
  std::uint64_t file_bytes = 0;
  std::uint64_t packets = 0;
  std::uint64_t blocks = 0;
  std::uint64_t blocks_to_read = 0;
  std::uint64_t bytes_to_read = 0;
  std::uint64_t rows = 0;
  std::uint64_t rows_matching = 0;  // conversations that may hold a packet asked for
};

// Gives the compiled program of a filter for a link type; empty: everything matches. May throw
// UsageError.
using ProgramSource = std::function<std::vector<FilterInstruction>(std::uint16_t link_type)>;

// One filter and one time over many files. One thread.
class IndexPlanner {
 public:
  // `inner`: a packet may match by what it carries through a tunnel as well.
  IndexPlanner(ProgramSource program, TimeRange range, bool inner)
      : program_(std::move(program)), range_(range), inner_(inner) {}

  // Reads the index only. Throws UsageError from the program's source.
  FilePlan plan(const SetFile& file);

  // The index of a file, when it can be used; facts() says why not.
  std::optional<IndexReader> open(const SetFile& file);
  // Hands every row that may hold a packet asked for, with its blocks, to `visit`, while it returns
  // true. False: the index is damaged, as its error() says; rows may have been handed out before.
  [[nodiscard]] bool visit(IndexReader& index, const IndexReader::RowVisitor& visit);

  const PlanFacts& facts() const noexcept { return facts_; }

 private:
  RowMatch& match_for(std::uint16_t link_type);
  bool wanted(const IndexRow& row);
  FilePlan plan_with(IndexReader& index, const std::vector<IndexBlock>& blocks,
                     std::vector<bool> chosen);
  void refuse(IndexRefusal refusal, std::string reason);

  ProgramSource program_;
  TimeRange range_;
  bool inner_;
  std::vector<std::unique_ptr<RowMatch>> matches_;  // one a link type
  PlanFacts facts_;
};

}  // namespace capstan
