// timeline and recordings: what there is, from indexes alone.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/core/errors.h"
#include "tools/common/json_text.h"
#include "tools/common/units.h"
#include "tools/serve/endpoints.h"
#include "tools/serve/search.h"
#include "tools/serve/timeline.h"

namespace capstan::serve {

namespace {

using Json = nlohmann::ordered_json;
constexpr std::uint64_t kOpen = ~std::uint64_t{0};
constexpr std::uint64_t kStepsWanted = 600;
constexpr std::size_t kMostNamed = 100;

const char* state_name(FileFacts::State state) noexcept {
  switch (state) {
    case FileFacts::State::kIndexed:
      return "indexed";
    case FileFacts::State::kSurveyed:
      return "surveyed";
    case FileFacts::State::kUnknown:
      return "not indexed";
    case FileFacts::State::kGrowing:
      return "being written";
    case FileFacts::State::kUnreadable:
    case FileFacts::State::kForeign:
      return "unreadable";
  }
  return "unreadable";
}

Json time_or_null(std::uint64_t ns) {
  return ns == 0 || ns == kOpen ? Json(nullptr) : Json(tools::utc_time(ns));
}

bool belongs(const SetFile& file, const std::string& recording) {
  return recording.empty() || series_of(file.path) == recording;
}

// From the first packet known to the last; nullopt: none is.
std::optional<TimeRange> span_of(const Listing& listing, const std::string& recording) {
  std::optional<TimeRange> span;
  for (std::size_t i = 0; i < listing.facts.size(); ++i) {
    const FileFacts& facts = listing.facts[i];
    if (!facts.known() || facts.packets == 0 || !belongs(listing.set.files[i], recording)) continue;
    const std::uint64_t end_ns = facts.last_ns + (facts.last_ns == kOpen ? 0 : 1);
    if (!span) span = TimeRange{facts.first_ns, end_ns};
    span->since_ns = std::min(span->since_ns, facts.first_ns);
    span->until_ns = std::max(span->until_ns, end_ns);
  }
  return span;
}

// Files whose packets are in no step, and what nobody counted.
struct Beside {
  Json not_counted = Json::array();
  std::uint64_t not_counted_files = 0;
  std::uint64_t without_ledger = 0;
  std::uint64_t files = 0;

  void leave_out(const std::string& path, const std::string& why) {
    ++not_counted_files;
    if (not_counted.size() < kMostNamed) not_counted.push_back({{"file", path}, {"why", why}});
  }
};

void add_files(Archive& archive, const Listing& listing, const Question& question,
               const TimeRange& range, const Answer& answer, Timeline& timeline, Beside& beside) {
  for (std::size_t i = 0; i < listing.facts.size(); ++i) {
    const SetFile& file = listing.set.files[i];
    const FileFacts& facts = listing.facts[i];
    if (!belongs(file, question.recording)) continue;
    if (!facts.known()) {
      beside.leave_out(file.path, facts.reason.empty() ? state_name(facts.state) : facts.reason);
      continue;
    }
    if (facts.packets == 0 && facts.dropped == 0) continue;
    const bool in_range = range.overlaps(facts.first_ns, facts.last_ns);
    if (!in_range && facts.dropped == 0) continue;
    if (answer.stopped().load(std::memory_order_relaxed)) {
      beside.leave_out(file.path, "the time for this answer was over");
      continue;
    }
    if (in_range) {
      ++beside.files;
      beside.without_ledger += facts.has_ledger ? 0 : 1;
    }
    if (facts.dropped == 0 && timeline.in_one_step(facts.first_ns, facts.last_ns)) {
      timeline.add({facts.first_ns, facts.last_ns, facts.packets, facts.bytes, 0, 0, 0});
      continue;
    }
    const std::shared_ptr<const BlockFacts> blocks = archive.blocks(file, facts);
    if (!blocks) {
      beside.leave_out(file.path, "its index cannot be read any more");
      continue;
    }
    for (const BlockFact& block : *blocks) timeline.add(block);
  }
  for (const SetTrouble& trouble : listing.set.troubles) {
    beside.leave_out(trouble.path, trouble.text);
  }
}

struct Series {
  std::uint64_t files = 0;
  std::uint64_t size_bytes = 0;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  std::uint64_t lost = 0;
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
  std::uint64_t without_ledger = 0;
  std::uint64_t not_counted = 0;
  bool growing = false;

  void add(const FileFacts& facts) {
    ++files;
    size_bytes += facts.size_bytes;
    growing = growing || facts.state == FileFacts::State::kGrowing;
    if (!facts.known()) {
      ++not_counted;
      return;
    }
    packets += facts.packets;
    bytes += facts.bytes;
    lost += facts.dropped;
    without_ledger += facts.has_ledger ? 0 : 1;
    if (facts.packets == 0) return;
    if (first_ns == 0 || facts.first_ns < first_ns) first_ns = facts.first_ns;
    last_ns = std::max(last_ns, facts.last_ns);
  }
  Json json(const std::string& name) const {
    return {{"recording", name},
            {"files", files},
            {"first", time_or_null(first_ns)},
            {"last", time_or_null(last_ns)},
            {"packets", packets},
            {"bytes", bytes},
            {"stored_bytes", size_bytes},
            {"packets_lost", lost},
            {"files_without_loss_counts", without_ledger},
            {"files_not_counted", not_counted},
            {"being_written", growing}};
  }
};

Json file_json(const SetFile& file, const FileFacts& facts) {
  Json json{{"file", file.path},
            {"recording", series_of(file.path)},
            {"state", state_name(facts.state)},
            {"stored_bytes", facts.size_bytes}};
  if (!facts.known()) {
    json["why"] = facts.reason;
    return json;
  }
  json["first"] = time_or_null(facts.first_ns);
  json["last"] = time_or_null(facts.last_ns);
  json["packets"] = facts.packets;
  json["bytes"] = facts.bytes;
  json["packets_lost"] = facts.has_ledger ? Json(facts.dropped) : Json(nullptr);
  return json;
}

}  // namespace

void answer_timeline(Desk& desk, const Inquiry& inquiry, Answer& answer) {
  const Question& question = inquiry.question;
  const std::shared_ptr<const Listing> listing = desk.archive.list();
  const std::optional<TimeRange> span = span_of(*listing, question.recording);
  TimeRange range = question.range;
  if (span && range.since_ns == 0) {
    // What ends before the first packet is short and empty.
    range.since_ns = std::min(span->since_ns, range.until_ns - 1);
  }
  if (span && range.until_ns == kOpen)
    range.until_ns = std::max(span->until_ns, range.since_ns + 1);
  Json json;
  Beside beside;
  const bool empty = !span && (range.since_ns == 0 || range.until_ns == kOpen);
  if (empty) range = {0, 1};
  const std::uint64_t length = range.until_ns - range.since_ns;
  const std::uint64_t step =
      question.step_ns != 0 ? question.step_ns : round_step_ns(length, kStepsWanted);
  if (length / step >= kMostSteps) {
    throw UsageError(fmt::format("step: {} steps of {}, and {} are the most", length / step,
                                 tools::human_duration(step), kMostSteps));
  }
  Timeline timeline(range, step, question.range.since_ns == 0);
  add_files(desk.archive, *listing, question, range, answer, timeline, beside);
  Json packets = Json::array();
  Json bytes = Json::array();
  Json lost = Json::array();
  for (const Tick& tick : timeline.ticks()) {
    packets.push_back(tick.packets);
    bytes.push_back(tick.bytes);
    lost.push_back(tick.lost);
  }
  json["since"] = time_or_null(range.since_ns);
  json["until"] = time_or_null(range.until_ns);
  json["recorded_from"] = span ? Json(tools::utc_time(span->since_ns)) : Json(nullptr);
  json["recorded_to"] = span ? time_or_null(span->until_ns - 1) : Json(nullptr);
  // A packet may be dated 1970-01-01: only where there is none at all there is no begin.
  json["begin"] = empty ? Json(nullptr) : Json(tools::utc_time(timeline.begin_ns()));
  json["step_s"] = static_cast<double>(step) / 1e9;
  json["packets"] = std::move(packets);
  json["bytes"] = std::move(bytes);
  json["lost"] = std::move(lost);
  json["files"] = beside.files;
  json["files_without_loss_counts"] = beside.without_ledger;
  json["files_not_counted"] = beside.not_counted_files;
  json["not_counted"] = std::move(beside.not_counted);
  answer.whole(200, kJsonType, tools::dump_json(json) + "\n");
}

void answer_recordings(Desk& desk, const Inquiry& inquiry, Answer& answer) {
  const Question& question = inquiry.question;
  const std::shared_ptr<const Listing> listing = desk.archive.list();
  std::map<std::string, Series> series;
  Json files = Json::array();
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < listing->facts.size(); ++i) {
    const SetFile& file = listing->set.files[i];
    if (!belongs(file, question.recording)) continue;
    series[series_of(file.path)].add(listing->facts[i]);
    const bool in_page = number >= question.offset && files.size() < question.limit;
    ++number;
    if (question.files && in_page) files.push_back(file_json(file, listing->facts[i]));
  }
  Json json;
  json["recordings"] = Json::array();
  for (const auto& [name, one] : series) json["recordings"].push_back(one.json(name));
  if (question.files) {
    json["files_in_all"] = number;
    json["files"] = std::move(files);
  }
  json["troubles"] = Json::array();
  for (const SetTrouble& trouble : listing->set.troubles) {
    json["troubles"].push_back({{"file", trouble.path}, {"why", trouble.text}});
  }
  answer.whole(200, kJsonType, tools::dump_json(json) + "\n");
}

}  // namespace capstan::serve
