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
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Capstan audit</title><style>
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8884;vertical-align:top}
th{font-weight:600}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.tiles{display:flex;flex-wrap:wrap;gap:1rem;margin:1rem 0}
.tile{border:1px solid #8886;border-radius:.5rem;padding:.6rem 1rem;min-width:9rem}
.tile b{display:block;font-size:1.6rem;font-variant-numeric:tabular-nums}
.r0,.r1{color:#b3261e;font-weight:600}.r2,.r3{color:#9a6700;font-weight:600}.r6{color:#1a7f37}
@media(prefers-color-scheme:dark){.r0,.r1{color:#ff8a80}.r2,.r3{color:#e3b341}.r6{color:#56d364}}
code{font-size:.95em;overflow-wrap:anywhere}
</style></head><body>
<h1>Is every login on this link encrypted?</h1>
)";

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
      "<h2>Services, worst first</h2>\n<table><tr><th>Server</th><th>Protocol</th><th>Verdict</th>"
      "<th class=\"n\">Sessions</th><th class=\"n\">Encrypted</th><th class=\"n\">Logins in "
      "clear</th>"
      "<th>Oldest TLS</th><th>What to change</th></tr>\n";
  for (const auto& [key, service] : services_by_rank(table)) {
    std::string advice;
    for (const std::string& sentence : advice_for(key, *service)) {
      if (!advice.empty()) advice += "<br>";
      advice += escape_xml(sentence);
    }
    const auto count = [&service = service](Verdict verdict) {
      return service->sessions[static_cast<std::size_t>(verdict)];
    };
    text += fmt::format(
        "<tr><td><code>{}</code></td><td>{}</td><td class=\"r{}\">{}</td><td class=\"n\">{}</td>"
        "<td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td><td>{}</td></tr>\n",
        escape_xml(endpoint_text(key.address, key.port, key.ip_version)),
        audit::protocol_name(service->protocol), service->rank(), service->verdict_text(),
        service->total(), count(Verdict::kImplicitTls) + count(Verdict::kStarttlsUpgraded),
        service->logins, audit::tls_version_name(service->oldest_version), advice);
  }
  return text + "</table>\n";
}

std::string logins(const AuditBook& book) {
  if (book.logins().empty()) return "<h2>Logins in the clear</h2>\n<p>None was seen.</p>\n";
  std::string text =
      "<h2>Logins in the clear</h2>\n<table><tr><th>Time (UTC)</th><th>Client</th><th>Server</th>"
      "<th>Protocol</th><th>User</th><th>Mechanism</th><th>Secret</th><th "
      "class=\"n\">Times</th></tr>\n";
  for (const LoginLine& line : book.logins()) {
    text += fmt::format(
        "<tr><td>{}</td><td><code>{}</code></td><td><code>{}</code></td><td>{}</td><td>{}</td>"
        "<td>{}</td><td>{}{}</td><td class=\"n\">{}</td></tr>\n",
        plain_time(line.time_ns), escape_xml(line.client), escape_xml(line.server),
        escape_xml(line.service), escape_xml(line.user), escape_xml(line.mechanism),
        secret_words(line.kind, line.length),
        line.reuse_digest != 0 ? fmt::format(", digest <code>{:016x}</code>", line.reuse_digest)
                               : "",
        line.count);
  }
  text += "</table>\n";
  if (book.logins_not_listed() != 0) {
    text += fmt::format("<p>{} more are not listed.</p>\n", book.logins_not_listed());
  }
  return text;
}

std::string scope_rows(const AuditScope& scope) {
  std::string text =
      "<h2>What was audited</h2>\n<table><tr><th>Source</th><th class=\"n\">Packets</th>"
      "<th class=\"n\">Lost</th><th>From (UTC)</th><th>To (UTC)</th><th>Remarks</th></tr>\n";
  for (const AuditedInput& input : scope.inputs) {
    std::string remarks;
    if (input.live) remarks += "heard live. ";
    if (!input.damage.empty()) remarks += escape_xml(safe_text(input.damage)) + ". ";
    if (input.filtered != 0)
      remarks += fmt::format("{} did not match the filter. ", input.filtered);
    if (input.reordered != 0) {
      remarks += fmt::format("{} put in the order of their times. ", input.reordered);
    }
    if (!input.live && input.stopped) remarks += "not read to the end, as asked. ";
    text += fmt::format(
        "<tr><td><code>{}</code></td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td>"
        "<td>{}</td><td>{}</td></tr>\n",
        escape_xml(safe_text(input.name)), input.packets, input.lost,
        input.first_ns ? plain_time(*input.first_ns) : "",
        input.last_ns ? plain_time(*input.last_ns) : "", remarks);
  }
  text += "</table>\n";
  if (!scope.filter.empty()) {
    text += fmt::format("<p>Only what matches <code>{}</code>.</p>\n",
                        escape_xml(safe_text(scope.filter)));
  }
  return text;
}

std::string left_out_list(const AuditScope& scope, const audit::Auditor& auditor) {
  const std::vector<LeftOut> list = left_out(scope, auditor);
  if (list.empty()) return "<h2>What was not looked at</h2>\n<p>Nothing was left out.</p>\n";
  std::string text =
      "<h2>What was not looked at</h2>\n<p>\"No login\" does not cover it:</p>\n<ul>\n";
  for (const LeftOut& one : list) {
    text += fmt::format("<li>{}</li>\n", escape_xml(safe_text(one.sentence)));
  }
  return text + "</ul>\n";
}

}  // namespace

std::string html_report(const AuditBook& book, const audit::Auditor& auditor,
                        const AuditScope& scope) {
  std::string text(kHead);
  text += tiles(book, auditor.counters());
  text += services(auditor.services());
  text += logins(book);
  text += scope_rows(scope);
  text += left_out_list(scope, auditor);
  text += "<p>Secrets were never stored: of each only the length is known.</p>\n</body></html>\n";
  return text;
}

}  // namespace capstan::tools
