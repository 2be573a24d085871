// Search: delivers the packets that match a question, one after the other, and tells whether these
// are all. Used by query, packets, count and audit.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/reader/completeness.h"
#include "engine/reader/set_reader.h"
#include "tools/query/query_filter.h"
#include "tools/serve/answer.h"
#include "tools/serve/archive.h"
#include "tools/serve/question.h"

namespace capstan::serve {

// One thread. All arguments are borrowed.
class Search {
 public:
  // Throws UsageError with libpcap's message.
  Search(Archive& archive, const Question& question, const Answer& answer,
         std::uint64_t most_seconds);

  const RecordingSet& set() const noexcept { return set_; }

  // Passes packets to `take` until it returns false. To be called once.
  Completeness run(SetListener& listener, bool report_others,
                   const std::function<bool(const SetPacket&)>& take);
  // The same result without reading packets: from the ledgers in indexes, where they exist.
  // `unread`: files that another reader could not read, or not completely; those with packets in
  // the range are reported as unreadable.
  Completeness losses(const std::vector<SetTrouble>& unread = {});
  // To be called by `take` before it returns false, with a text like "limit=5", which the
  // completeness record shows as its limit. `by_server`: the client did not ask for that limit, so
  // the answer is not complete.
  void end_with(std::string limit, bool by_server = false) {
    limit_ = std::move(limit);
    cut_ = by_server;
  }

 private:
  Completeness judged(SetReader& reader, std::uint64_t reached_ns);
  void begin_at_place(const Listing& listing);
  bool lies_before(std::uint64_t time_ns) noexcept;
  void add_left_out(Completeness& completeness) const;

  const Question& question_;
  const Answer& answer_;
  std::uint64_t most_seconds_;
  std::shared_ptr<const Listing> listing_;
  tools::QueryCommandLine line_;
  std::vector<FileFacts> left_out_;
  AbsentParts left_parts_;  // of the recordings
  RecordingSet set_;
  std::optional<tools::QueryFilter> filter_;
  std::string limit_;
  bool cut_ = false;  // limit_ was set by the server
  std::uint64_t to_skip_ = 0;
  bool by_time_ = false;  // whether the position is found by time
};

}  // namespace capstan::serve
