// about, check, status, events, ticket, metrics, openapi: answers that read no recording.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "engine/filter/packet_filter.h"
#include "engine/format/link_type.h"
#include "tools/common/json_text.h"
#include "tools/common/units.h"
#include "tools/serve/dialling.h"
#include "tools/serve/endpoints.h"
#include "tools/serve/filter_trial.h"
#include "tools/serve/pages.h"
#include "tools/serve/recorder_watch.h"

namespace capstan::serve {

namespace {

using Json = nlohmann::ordered_json;

Json time_json(const RequestTarget& target, const char* name, std::uint64_t now_ns) {
  const std::string* const text = target.find(name);
  if (text == nullptr || text->empty()) return nullptr;
  RequestTarget one;
  one.parameters.emplace_back(name, *text);
  const char* const names[] = {name};
  try {
    const TimeRange range = understand(one, {names}, now_ns).range;
    const std::uint64_t ns = std::string_view(name) == "until" ? range.until_ns : range.since_ns;
    return {{"time", tools::utc_time(ns)}, {"local", tools::local_time(ns)}};
  } catch (const UsageError& error) {
    return {{"error", error.what()}};
  }
}

Json filter_json(const std::string& filter) {
  if (filter.size() > kLongestFilter) return {{"filter", nullptr}, {"error", "this is too long"}};
  try {
    try_filter(filter);
    PacketFilter compiled(filter, link_type::kEthernet);
    static_cast<void>(compiled.program(link_type::kEthernet));
    return {{"filter", filter}};
  } catch (const UsageError& error) {
    return {{"filter", filter}, {"error", error.what()}};
  }
}

// Only downloads are fetched without headers.
constexpr std::string_view kTicketsFor = "/api/v1/query";

}  // namespace

void answer_about(Desk& desk, const Inquiry& inquiry, Answer& answer) {
  const std::uint64_t now_ns = wall_clock_ns();
  const std::string local = tools::local_time(now_ns);
  Json json{{"version", CAPSTAN_VERSION},
            {"who", inquiry.who},
            {"time", tools::utc_time(now_ns)},
            {"local_time", local},
            {"utc_offset", local.substr(local.rfind(' ') + 1)},
            {"directories", desk.archive.directories()}};
  json["limits"] = {{"seconds_a_query", desk.limits.seconds},
                    {"bytes_a_download", desk.limits.bytes},
                    {"queries_at_once", desk.client_limits.queries_at_once},
                    {"bytes_an_hour", desk.client_limits.bytes_an_hour},
                    {"filter_bytes", kLongestFilter}};
  answer.whole(200, kJsonType, tools::dump_json(json) + "\n");
}

// Each of the three is judged by itself, so that a page can say what is wrong beside its field.
void answer_check(Desk&, const Inquiry& inquiry, Answer& answer) {
  const std::uint64_t now_ns = wall_clock_ns();
  Json json;
  const std::string* const filter = inquiry.target.find("filter");
  json["filter"] = filter == nullptr ? Json(nullptr) : filter_json(*filter);
  for (const char* name : {"since", "until", "last"}) {
    json[name] = time_json(inquiry.target, name, now_ns);
  }
  answer.whole(200, kJsonType, tools::dump_json(json) + "\n");
}

void answer_status(Desk& desk, const Inquiry&, Answer& answer) {
  std::string status = desk.recorders.status();
  if (desk.dialling != nullptr) status = desk.dialling->with_status(std::move(status));
  answer.whole(200, kJsonType, status + "\n");
}

void answer_events(Desk& desk, const Inquiry&, Answer& answer) {
  answer.begin(200, "text/event-stream");
  answer.offer("retry: 3000\n\n");
  if (!desk.recorders.listen(answer.shared_from_this())) {
    answer.whole(503, kJsonType, error_json("too many are listening"), {{"Retry-After", "10"}});
  }
}

void answer_ticket(Desk& desk, const Inquiry& inquiry, Answer& answer) {
  const std::string* const target = inquiry.target.find("for");
  std::string problem;
  const auto parsed = target == nullptr ? std::nullopt : parse_target(*target, problem);
  if (!parsed || parsed->path != kTicketsFor || parsed->find("ticket") != nullptr) {
    throw UsageError(fmt::format("for: it is a request to {}", kTicketsFor));
  }
  const std::string ticket =
      desk.access.ticket(inquiry.who, *target, wall_clock_ns() / kNanosecondsPerSecond);
  const char sign = target->find('?') == target->npos ? '?' : '&';
  const Json json{{"url", fmt::format("{}{}ticket={}", *target, sign, ticket)},
                  {"seconds", Access::kTicketSeconds}};
  answer.whole(200, kJsonType, tools::dump_json(json) + "\n");
}

void answer_openapi(Desk&, const Inquiry&, Answer& answer) {
  answer.whole(200, kJsonType, std::string(find_page("openapi.json")->body));
}

}  // namespace capstan::serve
