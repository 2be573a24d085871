#include "tools/audit/text_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/audit/tls/hello.h"
#include "tools/audit/advice.h"
#include "tools/audit/audit_words.h"
#include "tools/common/terminal.h"
#include "tools/common/units.h"

namespace capstan::tools {

namespace {

constexpr std::size_t kAll = ~std::size_t{0};
constexpr std::size_t kLoginsListed = 200;

double percent(std::uint64_t part, std::uint64_t whole) noexcept {
  return whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

std::string logins_text(const AuditBook& book) {
  if (book.logins().empty()) return {};
  std::string text = "\nLogins in the clear:\n";
  std::size_t listed = 0;
  for (const LoginLine& line : book.logins()) {
    if (++listed > kLoginsListed) break;
    text += fmt::format(
        "  {}  {} -> {}  {}  {}  {}, {}{}{}\n", zoned_time(line.time_ns), line.client, line.server,
        line.service, line.user.empty() ? "-" : line.user, line.mechanism,
        secret_words(line.kind, line.length),
        line.count > 1 ? fmt::format(", {} times", line.count) : "",
        line.reuse_digest != 0 ? fmt::format(", digest {:016x}", line.reuse_digest) : "");
  }
  const std::uint64_t hidden = book.logins().size() -
                               std::min(book.logins().size(), kLoginsListed) +
                               book.logins_not_listed();
  if (hidden != 0) text += fmt::format("  and {} more (--json or --html lists them)\n", hidden);
  for (const auto& [digest, places] : book.reused()) {
    text += fmt::format("  One password serves {} logins: digest {:016x}\n", places, digest);
  }
  return text;
}

std::string advice_text(const audit::ServiceTable& table) {
  std::string text;
  for (const auto& [key, service] : services_by_rank(table)) {
    for (const std::string& sentence : advice_for(key, *service)) {
      text += fmt::format("  {} ({}): {}\n", endpoint_text(key.address, key.port, key.ip_version),
                          audit::protocol_name(service->protocol), sentence);
    }
  }
  return text.empty() ? text : "\nWhat to change:\n" + text;
}

std::string input_text(const AuditedInput& input) {
  std::string text = fmt::format("  {}: {} packet{}", visible_text(input.name), input.packets,
                                 input.packets == 1 ? "" : "s");
  if (input.first_ns) {
    text += fmt::format(", {} to {}", zoned_time(*input.first_ns), zoned_time(*input.last_ns));
  }
  if (input.filtered != 0) text += fmt::format("; {} did not match the filter", input.filtered);
  if (input.reordered != 0) {
    text += fmt::format("; {} were put in the order of their times", input.reordered);
  }
  if (input.live && input.lost == 0) text += "; none was lost";
  if (!input.live && input.stopped) text += "; not read to the end, as asked";
  return text + "\n";
}

std::string scope_text(const AuditScope& scope, const audit::Auditor& auditor) {
  std::string text = "\nWhat was audited:\n";
  for (const AuditedInput& input : scope.inputs) text += input_text(input);
  if (!scope.filter.empty()) text += fmt::format("  only what matches: {}\n", scope.filter);
  const audit::AuditCounters counters = auditor.counters();
  if (counters.streams.overlap_conflicts != 0) {
    text += fmt::format("  {} segments contradicted what was sent before: the first was believed\n",
                        counters.streams.overlap_conflicts);
  }
  if (const std::uint64_t gaps = counters.streams.gaps; gaps != 0) {
    text += fmt::format("  {} gaps in streams: the capture misses bytes there\n", gaps);
  }
  const std::vector<LeftOut> list = left_out(scope, auditor);
  if (list.empty()) return text;
  text += "\nWhat was not looked at, so that \"no login\" does not cover it:\n";
  for (const LeftOut& one : list) text += fmt::format("  {}\n", visible_text(one.sentence));
  return text;
}

}  // namespace

std::string login_line(const audit::SessionReport& report, const audit::Credential& credential) {
  return fmt::format(
      "{}  cleartext login: {} {} -> {}  user {}  {}, {}", zoned_time(credential.timestamp_ns),
      service_text(report), address_text(report.ends.source, report.ends.ip_version),
      endpoint_text(report.ends.destination, report.ends.destination_port, report.ends.ip_version),
      user_text(credential).empty() ? "-" : user_text(credential),
      visible_text(credential.mechanism), secret_words(credential.kind, credential.length));
}

std::string service_table(const audit::ServiceTable& table, std::size_t rows, int columns) {
  using audit::Verdict;
  static const std::vector<TableColumn> kColumns = {
      {"server", false, 10, 16}, {"protocol", false, 7, 0},  {"verdict", false, 9, 16},
      {"sessions", true, 5, 0},  {"encrypted", true, 4, 0},  {"logins in clear", true, 8, 0},
      {"weak", true, 6, 0},      {"oldest TLS", false, 3, 0}};
  std::vector<std::vector<std::string>> lines;
  const auto ranked = services_by_rank(table);
  const std::size_t shown = ranked.size() <= rows ? ranked.size() : rows - 1;
  for (const auto& [key, service] : ranked) {
    if (lines.size() == shown) break;
    const auto count = [&service = service](Verdict verdict) {
      return service->sessions[static_cast<std::size_t>(verdict)];
    };
    const std::uint64_t encrypted =
        count(Verdict::kImplicitTls) + count(Verdict::kStarttlsUpgraded);
    lines.push_back({endpoint_text(key.address, key.port, key.ip_version),
                     std::string(audit::protocol_name(service->protocol)),
                     std::string(service->verdict_text()), fmt::format("{}", service->total()),
                     fmt::format("{}", encrypted), fmt::format("{}", service->logins),
                     fmt::format("{}", service->weak),
                     std::string(audit::tls_version_name(service->oldest_version))});
  }
  std::string text = fit_table(kColumns, lines, columns);
  if (const std::size_t more = ranked.size() - shown; more != 0) {
    const LinePart left_out{fmt::format("and {} more; the report at the end has them all", more),
                            fmt::format("and {} more", more)};
    text += fit_line({&left_out, 1}, columns) + '\n';
  }
  return text;
}

std::string text_report(const AuditBook& book, const audit::Auditor& auditor,
                        const AuditScope& scope, int columns) {
  using audit::Verdict;
  const audit::AuditCounters counters = auditor.counters();
  std::string text = service_table(auditor.services(), kAll, columns);
  text += logins_text(book);
  text += advice_text(auditor.services());
  text += scope_text(scope, auditor);
  text += fmt::format(
      "\n{} packets, {} sessions, {} of an audited protocol: {} encrypted ({:.1f} %), {} of them "
      "weakly; {} with a login in the clear, {} in the clear without one, {} refused or stripped "
      "of "
      "TLS\n",
      counters.packets, book.sessions(), book.recognised(), book.encrypted(),
      percent(book.encrypted(), book.recognised()), book.weak(),
      book.count(Verdict::kCleartextCredentials), book.count(Verdict::kCleartextNoCredentials),
      book.count(Verdict::kRefusedOrStripped));
  return text;
}

}  // namespace capstan::tools
