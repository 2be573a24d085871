#include "tools/serve/gate.h"

#include <fmt/format.h>

#include "engine/core/clock.h"
#include "engine/core/errors.h"

namespace capstan::serve {

namespace {

bool refuse(Verdict& verdict, unsigned status, std::string why, HeaderLines headers = {}) {
  verdict.page = nullptr;
  verdict.endpoint = nullptr;
  verdict.status = status;
  verdict.why = std::move(why);
  verdict.headers = std::move(headers);
  return false;
}

// A person follows a link to the page from wherever it stands; no other site's page asks for
// anything else.
bool is_visit(const GateHead& head) {
  return head.fetch_mode == "navigate" && head.fetch_destination == "document";
}

struct Ticketed {
  std::string_view target;  // without the ticket
  std::string_view ticket;  // empty: there is none
};

// The ticket is the last parameter.
Ticketed split_ticket(std::string_view target) noexcept {
  constexpr std::string_view kName = "ticket=";
  const std::size_t at = target.rfind(kName);
  if (at == target.npos || at == 0 || (target[at - 1] != '?' && target[at - 1] != '&')) {
    return {target, {}};
  }
  return {target.substr(0, at - 1), target.substr(at + kName.size())};
}

}  // namespace

bool Gate::identify(const GateHead& head, Verdict& verdict, std::uint64_t now_ns,
                    std::uint64_t now_s) {
  if (head.certificate) {
    verdict.who = *head.certificate;
    return true;
  }
  const Ticketed ticketed = split_ticket(head.target);
  const bool tries = !head.access.authorization.empty() || !ticketed.ticket.empty();
  if (tries) {
    if (const Refusal late = limits_.may_guess(head.address, now_s); !late.why.empty()) {
      return refuse(verdict, 429, late.why, {{"Retry-After", std::to_string(late.retry_after_s)}});
    }
    const std::optional<std::string> holder =
        ticketed.ticket.empty() ? access_.holder(head.access.authorization)
                                : access_.ticket_holder(ticketed.ticket, ticketed.target,
                                                        now_ns / kNanosecondsPerSecond);
    if (holder) {
      verdict.who = *holder;
      return true;
    }
    limits_.guessed_wrong(head.address, now_s);
    metrics_.wrong_token();
  }
  const char* const why = tries ? "this token or ticket is not right"
                          : access_.has_tokens()
                              ? "a token is needed: Authorization: Bearer TOKEN"
                              : "a client certificate of this server's CA is needed";
  return refuse(verdict, 401, why, {{"WWW-Authenticate", "Bearer realm=\"capstan\""}});
}

Verdict Gate::judge(const GateHead& head, std::uint64_t now_ns, std::uint64_t now_s) {
  Verdict verdict;
  if (head.hosts != 1) {
    refuse(verdict, 400, "a request has one Host");
    return verdict;
  }
  std::string problem;
  const std::optional<RequestTarget> target =
      parse_target(split_ticket(head.target).target, problem);
  if (!target) {
    refuse(verdict, 400, problem);
    return verdict;
  }
  verdict.page = page_at(target->path);
  verdict.endpoint = find_endpoint(target->path);
  RequestHead access = head.access;
  if (verdict.page != nullptr && is_visit(head)) access.fetch_site = {};
  if (const std::string why = access_.foreign(access); !why.empty()) {
    refuse(verdict, 403, why);
    return verdict;
  }
  if (verdict.page == nullptr && !identify(head, verdict, now_ns, now_s)) return verdict;
  if (verdict.page == nullptr && verdict.endpoint == nullptr) {
    refuse(verdict, 404, "there is nothing of this name; /api/v1/openapi.json lists what there is");
    return verdict;
  }
  const bool reads = head.method == "GET" || (head.method == "HEAD" && verdict.page != nullptr);
  if (!reads || head.has_body) {
    refuse(verdict, reads ? 400 : 405, reads ? "a GET has no body" : "GET only",
           {{"Allow", verdict.page != nullptr ? "GET, HEAD" : "GET"}});
    return verdict;
  }
  if (verdict.endpoint == nullptr) return verdict;
  try {
    verdict.target = *target;
    verdict.question = understand(*target, verdict.endpoint->rules, now_ns);
  } catch (const UsageError& error) {
    refuse(verdict, 400, error.what());
  }
  return verdict;
}

}  // namespace capstan::serve
