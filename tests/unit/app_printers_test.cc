// Application printers against lines that tcpdump 4.99 printed for the same bytes.
//
// tests/data/apps/*.cases: a packet a line, "udp SPORT DPORT VERBOSITY CAPTURED HEX", CAPTURED the
// bytes of the payload that are there (- for all); behind it its text in lines that begin with '='.
// Whole packets are "link TYPE HEADER VERBOSITY CAPTURED HEX": the link type, 1 for -e, the frame.
// tests/golden/app_cases fills in the text by asking the installed tcpdump.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tools/text/ip/tcp_sequences.h"
#include "tools/text/ports.h"
#include "tools/text/printer.h"
#include "tools/text/protocols.h"

namespace capstan::text {
namespace {

struct Case {
  std::string head;
  bool udp = true;
  bool link = false;  // then the "ports" are the link type and -e
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  int verbosity = 0;
  std::size_t captured = 0;
  std::vector<std::uint8_t> payload;
  std::string expected;
};

std::vector<std::uint8_t> from_hex(const std::string& text) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
  return bytes;
}

std::vector<Case> read_cases(const std::filesystem::path& path) {
  std::vector<Case> cases;
  std::ifstream file(path);
  std::string line;
  bool first_line = true;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#') continue;
    if (line[0] == '=') {
      Case& last = cases.back();
      if (!first_line) last.expected += '\n';
      last.expected += line.substr(1);
      first_line = false;
      continue;
    }
    std::istringstream fields(line);
    Case next;
    std::string protocol, captured, hex;
    fields >> protocol >> next.source_port >> next.destination_port >> next.verbosity >> captured;
    fields >> hex;
    next.head = line.substr(0, 60);
    next.udp = protocol == "udp";
    next.link = protocol == "link";
    next.payload = from_hex(hex);
    next.captured = captured == "-" ? next.payload.size() : std::stoul(captured);
    cases.push_back(next);
    first_line = true;
  }
  return cases;
}

std::string print(const Case& one) {
  PrintOptions options;
  options.numeric = 2;
  options.verbosity = one.verbosity;
  options.link_header = one.link && one.destination_port != 0;
  static const Names names;
  static TcpSequences sequences;
  Printer printer(options, names, sequences);
  printer.begin_packet();
  // A copy of exactly what is captured, so that a read behind it is found.
  const std::vector<std::uint8_t> captured(
      one.payload.begin(), one.payload.begin() + static_cast<std::ptrdiff_t>(one.captured));
  const Input input(printer, captured.data(), captured.size(), one.payload.size());
  if (one.link) {
    print_link(printer, input, one.source_port);
    printer.end_packet();
    return std::string(printer.out.view());
  }
  static constexpr std::uint8_t kSource[4] = {10, 0, 0, 1};
  static constexpr std::uint8_t kDestination[4] = {10, 0, 0, 2};
  printer.around.ip_version = 4;
  printer.around.source = kSource;
  printer.around.destination = kDestination;
  printer.around.source_port = one.source_port;
  printer.around.destination_port = one.destination_port;
  const PrintFunction function = one.udp ? find_udp_printer(one.source_port, one.destination_port)
                                         : find_tcp_printer(one.source_port, one.destination_port);
  if (function == nullptr) return "no printer";
  function(printer, input);
  printer.end_packet();
  return std::string(printer.out.view());
}

class AppPrinters : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(AppPrinters, PrintsWhatTcpdumpPrints) {
  const std::vector<Case> cases = read_cases(GetParam());
  ASSERT_FALSE(cases.empty());
  for (const Case& one : cases) EXPECT_EQ(print(one), one.expected) << one.head;
}

// Cut off after every byte: ends, and reads nothing behind (the sanitizers tell).
TEST_P(AppPrinters, SurvivesEveryCut) {
  for (Case one : read_cases(GetParam())) {
    const std::size_t whole = one.captured;
    for (std::size_t size = 0; size < whole; ++size) {
      one.captured = size;
      EXPECT_NE(print(one), "no printer");
    }
  }
}

std::vector<std::filesystem::path> case_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(CAPSTAN_APP_CASES))
    if (entry.path().extension() == ".cases") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

INSTANTIATE_TEST_SUITE_P(Cases, AppPrinters, testing::ValuesIn(case_files()),
                         [](const auto& file) { return file.param.stem().string(); });

}  // namespace
}  // namespace capstan::text
