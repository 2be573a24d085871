// flows: conversations out of indexes, and sums of them.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tools/common/json_text.h"
#include "tools/common/units.h"
#include "tools/flows/flow_gatherer.h"
#include "tools/query/completeness_text.h"
#include "tools/serve/answer_fleet.h"
#include "tools/serve/endpoints.h"
#include "tools/serve/flow_rows.h"
#include "tools/serve/search.h"

namespace capstan::serve {

namespace {

using Json = nlohmann::ordered_json;

void put_beside(Json& json, const tools::FlowGatherer& flows, const RecordingSet& set) {
  json["flows"] = flows.book().flows().size();
  json["rows_without_place"] = flows.book().rest().rows;
  json["packets_without_rows"] = flows.many().packets;
  json["blocks_not_indexed"] = flows.skipped_blocks();
  json["files_by_index"] = flows.indexed_files();
  json["files_read"] = flows.read_files();
  json["unread"] = Json::array();
  constexpr std::size_t kMostNamed = 100;
  for (const auto* list : {&flows.unread(), &flows.damaged(), &set.troubles}) {
    for (const SetTrouble& trouble : *list) {
      if (json["unread"].size() == kMostNamed) break;
      json["unread"].push_back({{"file", trouble.path}, {"why", trouble.text}});
    }
  }
}

// Losses are looked for on a way of their own: what the table lacks beside them is not seen there.
Completeness completeness_of(Search& search, const tools::FlowGatherer& flows,
                             std::uint64_t most_flows) {
  std::vector<SetTrouble> unread = flows.unread();
  unread.insert(unread.end(), flows.partly().begin(), flows.partly().end());
  Completeness completeness = search.losses(unread);
  if (flows.book().rest().rows != 0 && !completeness.interrupted) {
    completeness.interrupted = true;
    completeness.limit =
        fmt::format("this server's limit of {} conversations", tools::grouped(most_flows));
  }
  return completeness;
}

}  // namespace

void answer_flows(Desk& desk, const Inquiry& inquiry, Answer& answer) {
  const Question& question = inquiry.question;
  if (question.fleet) {
    answer_fleet_flows(desk, question, answer);
    return;
  }
  Search search(desk.archive, question, answer, desk.limits.seconds);
  const RecordingSet& set = search.set();
  tools::FlowGatherer flows(
      {question.range, question.filter, question.inner, desk.limits.most_flows}, set,
      answer.stopped());
  flows.gather();
  Json json;
  json["rows"] = flow_rows(flows.book().flows(), question);
  put_beside(json, flows, set);
  json["completeness"] =
      tools::completeness_json(completeness_of(search, flows, desk.limits.most_flows));
  answer.whole(200, kJsonType, tools::dump_json(json) + "\n");
}

}  // namespace capstan::serve
