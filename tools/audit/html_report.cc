#include "tools/audit/html_report.h"

#include <fmt/format.h>

#include "engine/audit/tls/hello.h"
#include "tools/audit/advice.h"
#include "tools/audit/audit_words.h"
#include "tools/common/units.h"

namespace capstan::tools {

namespace {

constexpr std::string_view kHead = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Capstan audit</title><style>
:root{color-scheme:light dark;--bad:#b3261e;--warn:#7a5200;--good:#1a7f37;--line:#8886}
@media(prefers-color-scheme:dark){:root{--bad:#ff8a80;--warn:#e3b341;--good:#56d364}}
body{font:15px/1.5 system-ui,sans-serif;max-width:76rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}
.answer{border-left:.4rem solid;padding:.4rem .8rem;margin:1rem 0;font-size:1.1rem}
.answer b{font-size:1.4rem;margin-right:.3rem}
.no,.r0,.r1{color:var(--bad)}.unsure,.r2,.r3{color:var(--warn)}.yes,.r6{color:var(--good)}
.r0,.r1,.r2,.r3{font-weight:600}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:600}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
td.t,code.a{white-space:nowrap}td.w{overflow-wrap:anywhere;min-width:6rem}
.tiles{display:flex;flex-wrap:wrap;gap:.6rem;margin:1rem 0}
.tile{border:1px solid var(--line);border-radius:.5rem;padding:.5rem .9rem;min-width:8rem}
.tile b{display:block;font-size:1.5rem;font-variant-numeric:tabular-nums}
code{font-size:.93em;overflow-wrap:anywhere}
@media screen and (max-width:60rem){
thead{display:none}table,tbody,tr,td{display:block}
tr{border:1px solid var(--line);border-radius:.5rem;margin:.5rem 0;padding:.3rem .6rem}
td,td.n{border:0;padding:.1rem 0;text-align:left}td.t{white-space:normal}td:empty{display:none}
td::before{content:attr(data-h) ": ";font-weight:400;color:GrayText}
code.a{font-size:.8rem}}
@media print{
:root{color-scheme:light;--bad:#8c1d18;--warn:#5c3d00;--good:#11602a}
@page{margin:12mm}body{font-size:9pt;max-width:none;margin:0;padding:0}
th,td{padding:.15rem .35rem}tr,.tile,.answer{break-inside:avoid}h2{break-after:avoid}
thead{display:table-header-group}code.a{font-size:7.5pt}td.w{min-width:22mm}}
</style></head><body>
<h1>Is every login on this link encrypted?</h1>
)";

// A table's cell; its column's name stands in front of it where a narrow screen has no columns.
std::string cell(std::string_view column, std::string_view content,
                 std::string_view css_class = {}) {
  return fmt::format("<td data-h=\"{}\"{}>{}</td>", column,
                     css_class.empty() ? "" : fmt::format(" class=\"{}\"", css_class), content);
}
std::string number_cell(std::string_view column, std::uint64_t number) {
  return cell(column, fmt::format("{}", number), "n");
}
// An address is never broken over two lines.
std::string address_cell(std::string_view column, const std::string& address) {
  return cell(column, fmt::format("<code class=\"a\">{}</code>", escape_xml(address)));
}

std::string answer(const AuditBook& book, bool everything_seen) {
  const std::uint64_t logins = book.count(audit::Verdict::kCleartextCredentials);
  if (logins != 0) {
    return fmt::format("<p class=\"answer no\"><b>No.</b>{} showed a login in the clear{}.</p>\n",
                       logins == 1 ? "One session" : fmt::format("{} sessions", logins),
                       everything_seen ? "" : ", and not everything could be looked at");
  }
  if (!everything_seen) {
    return "<p class=\"answer unsure\"><b>Not certain.</b>No login in the clear was seen, but not "
           "everything could be looked at: see the end of this page.</p>\n";
  }
  if (book.recognised() == 0) {
    return "<p class=\"answer unsure\"><b>Nothing to tell.</b>No session of an audited protocol "
           "was "
           "seen.</p>\n";
  }
  return "<p class=\"answer yes\"><b>Yes.</b>No login in the clear was seen, and everything was "
         "looked at.</p>\n";
}

std::string tiles(const AuditBook& book, const audit::AuditCounters& counters) {
  using audit::Verdict;
  const auto tile = [](std::uint64_t number, const char* words) {
    return fmt::format("<div class=\"tile\"><b>{}</b>{}</div>\n", number, words);
  };
  const std::uint64_t base = book.recognised();
  const double share =
      base == 0 ? 0.0 : 100.0 * static_cast<double>(book.encrypted()) / static_cast<double>(base);
  std::string text = "<div class=\"tiles\">\n";
  text += tile(book.count(Verdict::kCleartextCredentials), "sessions with a login in the clear");
  text += fmt::format("<div class=\"tile\"><b>{:.1f} %</b>of {} audited sessions encrypted</div>\n",
                      share, base);
  text += tile(book.weak(), "of them weakly");
  text += tile(book.count(Verdict::kRefusedOrStripped), "asked for TLS and did not get it");
  text += tile(book.count(Verdict::kCleartextNoCredentials), "in the clear, no login seen");
  text += tile(counters.packets, "packets read");
  return text + "</div>\n";
}

std::string services(const audit::ServiceTable& table) {
  using audit::Verdict;
  std::string text =
      "<h2>Services, worst first</h2>\n<table><thead><tr><th>Server</th><th>Protocol</th>"
      "<th>Verdict</th><th class=\"n\">Sessions</th><th class=\"n\">Encrypted</th>"
      "<th class=\"n\">Logins in clear</th><th>Oldest TLS</th><th>What to change</th></tr></thead>"
      "<tbody>\n";
  for (const auto& [key, service] : services_by_rank(table)) {
    std::string advice;
    for (const std::string& sentence : advice_for(key, *service)) {
      if (!advice.empty()) advice += "<br>";
      advice += escape_xml(sentence);
    }
    const auto count = [&service = service](Verdict verdict) {
      return service->sessions[static_cast<std::size_t>(verdict)];
    };
    text +=
        "<tr>" + address_cell("Server", endpoint_text(key.address, key.port, key.ip_version)) +
        cell("Protocol", audit::protocol_name(service->protocol)) +
        cell("Verdict", service->verdict_text(), fmt::format("r{}", service->rank())) +
        number_cell("Sessions", service->total()) +
        number_cell("Encrypted", count(Verdict::kImplicitTls) + count(Verdict::kStarttlsUpgraded)) +
        number_cell("Logins in clear", service->logins) +
        cell("Oldest TLS", audit::tls_version_name(service->oldest_version)) +
        cell("What to change", advice) + "</tr>\n";
  }
  return text + "</tbody></table>\n";
}

std::string logins(const AuditBook& book) {
  if (book.logins().empty()) return "<h2>Logins in the clear</h2>\n<p>None was seen.</p>\n";
  std::string text =
      "<h2>Logins in the clear</h2>\n<table><thead><tr><th>Time (UTC)</th><th>Client</th>"
      "<th>Server</th><th>Protocol</th><th>User</th><th>Mechanism</th><th>Secret</th>"
      "<th class=\"n\">Times</th></tr></thead><tbody>\n";
  for (const LoginLine& line : book.logins()) {
    text += "<tr>";
    text +=
        cell("Time (UTC)", plain_time(line.time_ns), "t") + address_cell("Client", line.client) +
        address_cell("Server", line.server) + cell("Protocol", escape_xml(line.service)) +
        cell("User", escape_xml(line.user), "w") + cell("Mechanism", escape_xml(line.mechanism)) +
        cell("Secret", secret_words(line.kind, line.length) +
                           (line.reuse_digest == 0 ? ""
                                                   : fmt::format(", digest <code>{:016x}</code>",
                                                                 line.reuse_digest))) +
        number_cell("Times", line.count) + "</tr>\n";
  }
  text += "</tbody></table>\n";
  if (book.logins_not_listed() != 0) {
    text += fmt::format("<p>{} more are not listed.</p>\n", book.logins_not_listed());
  }
  return text;
}

std::string remarks_on(const AuditedInput& input) {
  std::string remarks;
  if (input.live) remarks += "heard live. ";
  if (!input.trouble.empty()) {
    remarks += "could not be read: " + escape_xml(visible_text(input.trouble)) + ". ";
  }
  if (!input.damage.empty()) remarks += escape_xml(visible_text(input.damage)) + ". ";
  if (input.filtered != 0) remarks += fmt::format("{} did not match the filter. ", input.filtered);
  if (input.reordered != 0) {
    remarks += fmt::format("{} put in the order of their times. ", input.reordered);
  }
  if (!input.live && input.stopped) remarks += "not read to the end, as asked. ";
  return remarks;
}

std::string scope_rows(const AuditScope& scope) {
  std::string text =
      "<h2>What was audited</h2>\n<table><thead><tr><th>Source</th><th class=\"n\">Packets</th>"
      "<th class=\"n\">Lost</th><th>From (UTC)</th><th>To (UTC)</th><th>Remarks</th></tr></thead>"
      "<tbody>\n";
  for (const AuditedInput& input : scope.inputs) {
    text += "<tr>" +
            cell("Source", fmt::format("<code>{}</code>", escape_xml(visible_text(input.name)))) +
            number_cell("Packets", input.packets) + number_cell("Lost", input.lost) +
            cell("From (UTC)", input.first_ns ? plain_time(*input.first_ns) : "", "t") +
            cell("To (UTC)", input.last_ns ? plain_time(*input.last_ns) : "", "t") +
            cell("Remarks", remarks_on(input)) + "</tr>\n";
  }
  text += "</tbody></table>\n";
  if (!scope.filter.empty()) {
    text += fmt::format("<p>Only what matches <code>{}</code>.</p>\n",
                        escape_xml(visible_text(scope.filter)));
  }
  return text;
}

std::string left_out_list(const AuditScope& scope, const audit::Auditor& auditor) {
  const std::vector<LeftOut> list = left_out(scope, auditor);
  if (list.empty()) return "<h2>What was not looked at</h2>\n<p>Nothing was left out.</p>\n";
  std::string text =
      "<h2>What was not looked at</h2>\n<p>\"No login\" does not cover it:</p>\n<ul>\n";
  for (const LeftOut& one : list) {
    text += fmt::format("<li>{}</li>\n", escape_xml(visible_text(one.sentence)));
  }
  return text + "</ul>\n";
}

}  // namespace

std::string html_report(const AuditBook& book, const audit::Auditor& auditor,
                        const AuditScope& scope) {
  std::string text(kHead);
  text += answer(book, left_out(scope, auditor).empty());
  text += tiles(book, auditor.counters());
  text += services(auditor.services());
  text += logins(book);
  text += scope_rows(scope);
  text += left_out_list(scope, auditor);
  text += "<p>Secrets were never stored: of each only the length is known.</p>\n</body></html>\n";
  return text;
}

}  // namespace capstan::tools
