// Search: the packets of a question, one after the other, and whether they are all. What query,
// packets, count and audit have in common.
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

// One thread. Everything given is borrowed.
class Search {
 public:
  // Throws UsageError with libpcap's words.
  Search(Archive& archive, const Question& question, const Answer& answer,
         std::uint64_t most_seconds);

  const RecordingSet& set() const noexcept { return set_; }

  // Hands packets to `take` until it returns false. Call once.
  Completeness run(SetListener& listener, bool report_others,
                   const std::function<bool(const SetPacket&)>& take);
  // The same without packets: by the ledgers in indexes where there are some. `unread`: files that
  // another reader made nothing of, or not all; those with packets in the range are unreadable.
  Completeness losses(const std::vector<SetTrouble>& unread = {});
  // Said by `take` in front of its false: "limit=5"; it becomes the completeness record's limit.
  // `by_server`: nobody asked for that limit, so that the answer is not complete.
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
  RecordingSet set_;
  std::optional<tools::QueryFilter> filter_;
  std::string limit_;
  bool cut_ = false;  // limit_ is the server's own
  std::uint64_t to_skip_ = 0;
  bool by_time_ = false;  // how the place is found
};

}  // namespace capstan::serve
