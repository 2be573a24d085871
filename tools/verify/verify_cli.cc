#include "tools/verify/verify_cli.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/core/errors.h"
#include "tools/common/command_line.h"
#include "tools/common/json_text.h"

namespace capstan::tools {

namespace {

std::uint64_t parse_number(std::string_view text, std::string_view whole, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > most) {
    throw UsageError(
        fmt::format("--expect '{}': '{}' is no number from 0 to {}; write COUNT, FIRST-LAST or "
                    "STREAM:FIRST-LAST",
                    whole, text, most));
  }
  return value;
}

std::string read_text(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) throw UsageError(fmt::format("--sent {}: cannot be read", path));
  return text.str();
}

void add_expected(traffic::ExpectedStream one, std::vector<traffic::ExpectedStream>& all) {
  const bool known = std::any_of(all.begin(), all.end(),
                                 [&one](const auto& other) { return other.stream == one.stream; });
  if (known) throw UsageError(fmt::format("stream {} is expected twice", one.stream));
  all.push_back(one);
}

}  // namespace

traffic::ExpectedStream parse_expected(std::string_view text) {
  constexpr std::uint64_t kMost = UINT64_MAX - 1;  // so that a range's size is a number
  traffic::ExpectedStream expected;
  std::string_view rest = text;
  const std::size_t colon = rest.find(':');
  if (colon != rest.npos) {
    expected.stream =
        static_cast<std::uint32_t>(parse_number(rest.substr(0, colon), text, UINT32_MAX));
    rest.remove_prefix(colon + 1);
  }
  const std::size_t dash = rest.find('-');
  if (dash == rest.npos) {
    const std::uint64_t count = parse_number(rest, text, kMost);
    if (count == 0) throw UsageError(fmt::format("--expect '{}': at least 1", text));
    expected.range = {0, count - 1};
    return expected;
  }
  expected.range = {parse_number(rest.substr(0, dash), text, kMost),
                    parse_number(rest.substr(dash + 1), text, kMost)};
  if (expected.range.last < expected.range.first) {
    throw UsageError(fmt::format("--expect '{}': runs backwards", text));
  }
  return expected;
}

traffic::ExpectedStream parse_sent(std::string_view json_text, std::string_view name) {
  try {
    const nlohmann::json sent = parse_json(json_text);
    traffic::ExpectedStream expected;
    expected.stream = sent.at("stream").get<std::uint32_t>();
    const auto first = sent.at("first_sequence").get<std::uint64_t>();
    const auto next = sent.at("next_sequence").get<std::uint64_t>();
    if (next <= first) throw UsageError(fmt::format("--sent {}: nothing was sent", name));
    expected.range = {first, next - 1};
    return expected;
  } catch (const nlohmann::json::exception& error) {
    throw UsageError(
        fmt::format("--sent {}: no result of 'capstan blast --json': {}", name, error.what()));
  }
}

std::optional<VerifyCommandLine> parse_verify_command_line(int argc, const char* const* argv) {
  VerifyCommandLine line;
  std::vector<std::string> expected;
  std::vector<std::string> sent;
  CommandLine app("Say what recordings of blast's traffic lack", "capstan verify");
  app.add_option("FILE", line.verify.files,
                 "Recordings (pcap, pcapng, stenotype), together one; - is standard input")
      .required();
  app.add_option("--expect", expected,
                 "What should be there: COUNT, FIRST-LAST or STREAM:FIRST-LAST; repeatable")
      .allow_extra_args(false);
  app.add_option("--sent", sent, "The same out of what 'capstan blast --json' printed; repeatable")
      .allow_extra_args(false);
  app.add_flag("--truncated-ok", line.truncated_ok,
               "Packets cut by a snap length are no reason for exit status 1");
  app.add_flag("--json", line.json, "The report as JSON on standard output");
  if (!parse_command_line(app, argc, argv)) return std::nullopt;
  for (const std::string& text : expected) {
    add_expected(parse_expected(text), line.verify.expected);
  }
  for (const std::string& path : sent) {
    add_expected(parse_sent(read_text(path), path), line.verify.expected);
  }
  return line;
}

}  // namespace capstan::tools
