#include "tools/audit/audit_cli.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/core/errors.h"
#include "engine/core/joined.h"
#include "tools/common/absent_flags.h"
#include "tools/common/command_line.h"
#include "tools/common/file_words.h"
#include "tools/common/outputs.h"
#include "tools/common/units.h"

namespace capstan::tools {

namespace {

void check(const AuditCommandLine& line) {
  if (line.files.empty() == line.interfaces.empty()) {
    throw UsageError("name either files (-r FILE) or interfaces (-i NAME)");
  }
  if (std::count(line.files.begin(), line.files.end(), "-") > 1) {
    throw UsageError("standard input can be read only once");
  }
  if (line.evidence_unredacted && line.evidence.empty()) {
    throw UsageError("--evidence-unredacted needs --evidence DIR");
  }
  if (!line.files.empty() && line.seconds != 0) {
    throw UsageError("--seconds is for live audits (-i)");
  }
  const NamedOutput outputs[] = {{"--json", line.json.value_or("")}, {"--html", line.html}};
  check_outputs(outputs, line.files);
}

// A number alone counts MiB.
std::uint64_t parse_mebibytes(std::string_view option, const std::string& text) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 36;
  const std::optional<std::uint64_t> bytes = parse_size(text, 1U << 20);
  if (!bytes || *bytes < (1U << 20) || *bytes > kMost) {
    throw UsageError(
        fmt::format("{} '{}' is no size from 1M to 64G: a number counts MiB, 64M and 1G are "
                    "understood",
                    option, text));
  }
  return *bytes;
}

// Flags that people who know tcpdump type anyway. They are about printed lines, and none is.
constexpr const char* kHarmless[] = {"-n", "-v", "-e", "-l", "-t"};
constexpr AbsentFlag kAbsent[] = {
    {"-w", true,
     "the report goes to standard output, or to --html and --json; packets are written by 'capstan "
     "record --audit' and 'capstan show -w'"},
    {"-X", false, "'capstan show -X' prints what packets hold"},
    {"-A", false, "'capstan show -A' prints what packets hold"},
};

}  // namespace

std::optional<AuditCommandLine> parse_audit_command_line(int argc, const char* const* argv) {
  AuditCommandLine line;
  CommandLine app("Is every login on this link encrypted?", "capstan audit");
  app.add_option(
         "-r,--read", line.files,
         "A recording to audit, .gz and .zst too, or a directory of them; - is standard input; "
         "tcp:HOST:PORT: what is sent there; again, or more names, for several")
      .allow_extra_args(false);
  app.add_option("-i,--interface", line.interfaces, "An interface to audit live; again for several")
      .allow_extra_args(false);
  std::vector<std::string> words;
  app.add_option("filter", words, "Audit only what matches (pcap-filter(7))");
  std::string json;
  const CommandOption json_option =
      app.add_option("--json", json, "One JSON object a line (EVE): to FILE, or to standard output")
          .expected(0, 1);
  app.add_flag("!--no-flows", line.json_flows, "With --json: no flow events, only tls and audit");
  app.add_option("--html", line.html, "Write the report as one HTML page");
  app.add_option("--evidence", line.evidence,
                 "Write a small pcap of each finding here, secrets overwritten");
  app.add_flag("--evidence-unredacted", line.evidence_unredacted,
               "Leave the secrets in the evidence. Anyone who reads it can log in");
  app.add_flag(
      "--find-reuse", line.find_reuse,
      "Add a digest of each plain secret, keyed for this run, to show where one is re-used");
  app.add_flag("-q,--quiet", line.quiet, "No report on the terminal");
  app.add_option("--max-flows", line.max_flows, "Conversations followed at once")
      .range(16U, 16U << 20)
      .capture_default_str();
  std::string memory = "256M";
  app.add_option("--memory", memory,
                 "Memory for bytes that wait for more: MiB, or with a unit, such as 1G")
      .capture_default_str();
  app.add_option("--depth", line.bytes_per_direction,
                 "Bytes of each direction (of each message where a protocol has them) to read")
      .range(256, 1 << 24)
      .capture_default_str();
  app.add_option("--rings", line.rings, "Live: rings per interface").range(1, 64);
  std::string ring = "64M";
  app.add_option("-B,--ring-size", ring,
                 "Live: memory a ring: MiB, or with a unit, such as 64M or 1G")
      .capture_default_str();
  app.add_flag("!-p,!--no-promiscuous", line.promiscuous,
               "Live: hear only what is addressed to us");
  app.add_option("--seconds", line.seconds, "Live: stop after so long").positive();
  app.add_option("-c,--count", line.packet_limit, "Stop after so many packets").positive();
  add_harmless_flags(app, kHarmless);
  add_absent_flags(app, kAbsent, "tcpdump's", "capstan audit");
  constexpr std::string_view kStatuses =
      "\nExit status: 4 when a login in the clear was seen; 5 when none was, and not everything "
      "could be looked at (the report says what); else 0.\n";
  if (!parse_command_line(app, argc, argv, kStatuses)) return std::nullopt;
  line.memory_bytes = parse_mebibytes("--memory", memory);
  line.ring_bytes = parse_mebibytes("-B", ring);
  if (json_option.count() != 0) {
    // A file is optional here, and a filter in quotes is none.
    if (json.find(' ') != std::string::npos) words.insert(words.begin(), std::exchange(json, ""));
    line.json = json.empty() ? "-" : json;
  }
  const std::size_t names = leading_file_names(words);
  if (names != 0 && line.files.empty()) {
    throw UsageError(fmt::format("'{0}' is a file: -r {0} audits it", words.front()));
  }
  const auto filter = words.begin() + static_cast<std::ptrdiff_t>(names);
  line.files.insert(line.files.end(), words.begin(), filter);
  line.filter = joined({filter, words.end()}, " ");
  check(line);
  return line;
}

}  // namespace capstan::tools
