#include "tools/serve/endpoints.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tools/common/json_text.h"
#include "tools/common/units.h"

namespace capstan::serve {

namespace {

constexpr const char* kCheck[] = {"since", "until", "last", "filter"};
constexpr const char* kFiles[] = {"recording", "files", "limit", "offset"};
constexpr const char* kTimeline[] = {"since", "until", "last", "recording", "step"};
constexpr const char* kQuery[] = {"since",  "until", "last",  "recording",
                                  "filter", "inner", "limit", "fleet"};
constexpr const char* kAudit[] = {"since",  "until", "last", "recording",
                                  "filter", "inner", "limit"};
constexpr const char* kPackets[] = {"since", "until", "last", "recording", "filter",
                                    "inner", "limit", "from", "detail",    "offset"};
constexpr const char* kCount[] = {"since", "until", "last", "recording", "filter", "inner"};
constexpr const char* kFlows[] = {"since", "until", "last", "recording", "filter",
                                  "inner", "limit", "sort", "by",        "fleet"};
constexpr const char* kTicket[] = {"for"};
constexpr std::uint64_t kAny = ~std::uint64_t{0};

constexpr Endpoint kEndpoints[] = {
    {"/api/v1/about", {}, answer_about},
    {"/api/v1/audit", {kAudit, kAny, kAny}, answer_audit},
    {"/api/v1/check", {kCheck, 0, 0, true}, answer_check},
    {"/api/v1/count", {kCount}, answer_count},
    {"/api/v1/events", {}, answer_events, true},
    {"/api/v1/flows", {kFlows, 100, 10'000}, answer_flows},
    {"/api/v1/openapi.json", {}, answer_openapi},
    {"/api/v1/packets", {kPackets, 200, 1000}, answer_packets},
    {"/api/v1/query", {kQuery, kAny, kAny}, answer_query},
    {"/api/v1/recordings", {kFiles, 1000, 10'000}, answer_recordings},
    {"/api/v1/status", {}, answer_status},
    {"/api/v1/ticket", {kTicket}, answer_ticket},
    {"/api/v1/timeline", {kTimeline}, answer_timeline},
    {"/metrics", {}, answer_metrics},
};

}  // namespace

const Endpoint* find_endpoint(std::string_view path) noexcept {
  for (const Endpoint& endpoint : kEndpoints) {
    if (path == endpoint.path) return &endpoint;
  }
  return nullptr;
}

std::string seconds_limit_text(std::uint64_t seconds) {
  return fmt::format("this server's limit of {} seconds", seconds);
}

std::string bytes_limit_text(std::uint64_t bytes) {
  return fmt::format("this server's limit of {}", tools::human_bytes(bytes));
}

std::string error_json(const std::string& text) {
  return tools::dump_json(nlohmann::ordered_json{{"error", text}}) + "\n";
}

}  // namespace capstan::serve
