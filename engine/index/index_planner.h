// IndexPlanner: decides from a file's index which parts must be read for a filter and a time range.
//
// A result is never wrong, at worst slow: if an index is missing, damaged, of another file or newer
// than this program, the file is read; and every packet that is read is filtered in any case.
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

// How the last plan was made, for output.
struct PlanFacts {
  IndexRefusal refusal = IndexRefusal::kMissing;  // kNone: the index was used
  std::string reason;                             // why it was not used, one phrase
  std::uint64_t file_bytes = 0;
  std::uint64_t packets = 0;
  std::uint64_t blocks = 0;
  std::uint64_t blocks_to_read = 0;
  std::uint64_t bytes_to_read = 0;
  std::uint64_t rows = 0;
  std::uint64_t rows_matching = 0;  // conversations that may hold a requested packet
};

// Returns the compiled program of a filter for a link type; an empty one matches everything. May
// throw UsageError.
using ProgramSource = std::function<std::vector<FilterInstruction>(std::uint16_t link_type)>;

// One filter and one time range, for many files. One thread.
class IndexPlanner {
 public:
  // `inner`: a packet may also match by what it carries through a tunnel.
  IndexPlanner(ProgramSource program, TimeRange range, bool inner)
      : program_(std::move(program)), range_(range), inner_(inner) {}

  // Reads only the index. Throws UsageError if `program` does.
  FilePlan plan(const SetFile& file);

  // Opens the index of a file; nullopt when it cannot be used: facts() says why.
  std::optional<IndexReader> open(const SetFile& file);
  // Calls `visit` with every row that may hold a requested packet, and with its blocks, as long as
  // `visit` returns true. False: the index is damaged, see its error(); `visit` may have been
  // called before that.
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
  std::vector<std::unique_ptr<RowMatch>> matches_;  // one per link type
  PlanFacts facts_;
};

}  // namespace capstan
