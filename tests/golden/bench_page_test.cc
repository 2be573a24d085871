// The bench's page as a picture: each curve of a report is seen in headless Chromium, and one that
// has no points is not.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/bench_report_sample.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"
#include "tools/bench/html_page.h"

namespace capstan::test {
namespace {

constexpr char kCapstanColour[] = "#003f88";  // svg_chart.cc, in the order of the tools
constexpr char kTcpdumpColour[] = "#c1440e";
constexpr char kStenotypeColour[] = "#2a9d3a";  // failed in every trial: no curve
constexpr int kNoBrowser = 77;

ProcessResult look(const std::string& page, std::vector<std::string> colours) {
  colours.insert(colours.begin(), {CAPSTAN_SOURCE_DIR "/tests/golden/look_at_page", page});
  return run(colours);
}

TEST(BenchPicture, ShowsEveryCurve) {
  const TempDir directory;
  const std::string page = directory.path() / "report.html";
  // The charts of bars in front of it are taken out of the picture: they show the same colours.
  std::string text = bench::html_page(sample_report());
  text.insert(text.find("</head>"), "<style>.chart:not(#loss){display:none}</style>");
  std::ofstream(page) << text;
  const ProcessResult both = look(page, {kCapstanColour, kTcpdumpColour});
  if (both.status == kNoBrowser) GTEST_SKIP() << both.out;
  EXPECT_EQ(both.status, 0) << both.out << both.err;
  const ProcessResult absent = look(page, {kStenotypeColour});
  EXPECT_EQ(absent.status, 1) << "a check that cannot fail\n" << absent.out << absent.err;
}

}  // namespace
}  // namespace capstan::test
