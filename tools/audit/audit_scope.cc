#include "tools/audit/audit_scope.h"

#include <fmt/format.h>

#include "tools/common/units.h"

namespace capstan::tools {

namespace {

std::string counted(std::uint64_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

void add_inputs(const AuditScope& scope, std::vector<LeftOut>& list) {
  for (const AuditedInput& input : scope.inputs) {
    const std::string name = visible_text(input.name);  // of a file, which may hold anything
    if (!input.trouble.empty()) {
      list.push_back({"file-unreadable", input.name, 1,
                      fmt::format("{} could not be read: {}", name, visible_text(input.trouble))});
    }
    if (!input.damage.empty()) {
      list.push_back({"file-damaged", input.name, 1,
                      fmt::format("{} is {}: what follows was not read", name, input.damage)});
    }
    if (input.lost != 0) {
      list.push_back(
          {"packets-lost", input.name, input.lost,
           fmt::format("{} lost while {} was {}", counted(input.lost, "packet was", "packets were"),
                       name, input.live ? "heard" : "recorded")});
    }
    if (input.missing != 0) {
      list.push_back({"packets-missing", input.name, input.missing,
                      fmt::format("{} recorded and {} not in {}",
                                  counted(input.missing, "packet was", "packets were"),
                                  input.missing == 1 ? "is" : "are", name)});
    }
  }
}

void add_filter(const AuditScope& scope, std::vector<LeftOut>& list) {
  if (scope.filter_unanswered == 0) return;
  list.push_back({"filter-without-meaning",
                  {},
                  scope.filter_unanswered,
                  fmt::format("the filter could say nothing about {}, which did not match",
                              counted(scope.filter_unanswered, "packet", "packets"))});
}

void add_streams(const audit::AuditCounters& counters, std::vector<LeftOut>& list) {
  if (counters.sessions_with_holes != 0) {
    list.push_back({"sessions-with-holes",
                    {},
                    counters.sessions_with_holes,
                    counted(counters.sessions_with_holes,
                            "session misses bytes in the capture and may hold a login there",
                            "sessions miss bytes in the capture and may hold a login there")});
  }
  if (counters.sessions_without_client != 0) {
    list.push_back(
        {"client-side-missing",
         {},
         counters.sessions_without_client,
         counted(counters.sessions_without_client,
                 "session was heard from its server's side alone: a login is said on the "
                 "other",
                 "sessions were heard from their servers' side alone: a login is said on "
                 "the other")});
  }
  if (counters.datagrams_given_up != 0) {
    list.push_back({"datagrams-given-up",
                    {},
                    counters.datagrams_given_up,
                    counted(counters.datagrams_given_up,
                            "fragmented datagram was never whole and was given up",
                            "fragmented datagrams were never whole and were given up")});
  }
  if (counters.flows_evicted != 0) {
    list.push_back({"conversations-given-up",
                    {},
                    counters.flows_evicted,
                    counted(counters.flows_evicted,
                            "conversation was given up for want of room (--max-flows, --memory)",
                            "conversations were given up for want of room (--max-flows, "
                            "--memory)")});
  }
  if (counters.memory_refusals != 0) {
    list.push_back({"memory-refused",
                    {},
                    counters.memory_refusals,
                    fmt::format("memory for waiting bytes was refused {} (--memory)",
                                counted(counters.memory_refusals, "time", "times"))});
  }
}

}  // namespace

std::vector<LeftOut> left_out(const AuditScope& scope, const audit::Auditor& auditor) {
  std::vector<LeftOut> list;
  const audit::AuditCounters counters = auditor.counters();
  add_inputs(scope, list);
  add_filter(scope, list);
  for (const UnseenCounts::Entry& entry : auditor.unseen().entries()) {
    const std::string name = entry.unseen.name();
    list.push_back({"not-followed", name, entry.packets,
                    fmt::format("{} not looked into: {}",
                                counted(entry.packets, "packet was", "packets were"), name)});
  }
  add_streams(counters, list);
  if (const std::uint64_t count = auditor.services().not_tabled(); count != 0) {
    list.push_back({"services-not-tabled",
                    {},
                    count,
                    fmt::format("{} of services for which the table had no room (its {} servers)",
                                counted(count, "session was", "sessions were"),
                                audit::ServiceTable::kMaxServices)});
  }
  return list;
}

}  // namespace capstan::tools
