// What the bench draws and writes: every curve is there, nothing is fetched, failures are no zeros.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/core/errors.h"
#include "tests/support/bench_report_sample.h"
#include "tools/bench/bench_cli.h"
#include "tools/bench/html_page.h"
#include "tools/bench/json_report.h"
#include "tools/bench/svg_chart.h"
#include "tools/bench/trial_runner.h"

namespace capstan::test {
namespace {

using namespace capstan::bench;

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// Every element that is opened is closed, in order.
void expect_balanced(const std::string& markup) {
  std::vector<std::string> open;
  for (std::size_t at = markup.find('<'); at != markup.npos; at = markup.find('<', at + 1)) {
    const std::size_t end = markup.find('>', at);
    ASSERT_NE(end, markup.npos);
    const std::string tag = markup.substr(at + 1, end - at - 1);
    if (tag.empty() || tag[0] == '!' || tag.back() == '/') continue;
    const std::string name =
        tag.substr(tag[0] == '/' ? 1 : 0, tag.find_first_of(" \n>", 1) - (tag[0] == '/' ? 1 : 0));
    if (name == "meta") continue;
    if (tag[0] != '/') {
      open.push_back(name);
      continue;
    }
    ASSERT_FALSE(open.empty()) << name;
    EXPECT_EQ(open.back(), name);
    open.pop_back();
  }
  EXPECT_TRUE(open.empty());
}

TEST(BenchPage, HasEveryCurveBarAndLimit) {
  const std::string page = html_page(sample_report());
  // Rates twice, CPU and loss: four charts of every tool that is present; bursts: one series.
  for (const char* tool : {"capstan", "tcpdump", "stenotype"}) {
    EXPECT_EQ(times(page, std::string("data-series=\"") + tool + "\""), 4U) << tool;
  }
  EXPECT_EQ(times(page, "data-series=\"capstan 1518\""), 1U);
  EXPECT_EQ(times(page, "data-series=\"netsniff-ng\""), 0U);
  EXPECT_EQ(times(page, "data-mark=\"disk"), 3U);
  EXPECT_EQ(times(page, "data-mark=\"memcpy"), 1U);
  EXPECT_NE(page.find("netsniff-ng</td><td style=\"text-align:left\">absent"), page.npos);
  EXPECT_EQ(times(page, "<svg "), 5U);
  // The figure of the sentence at the top is in the first chart.
  EXPECT_LT(page.find("Highest rate without loss"), page.find("id=\"loss\""));
  expect_balanced(page);
}

TEST(BenchPage, FetchesNothingAndEscapesWhatItIsGiven) {
  const std::string page = html_page(sample_report());
  EXPECT_EQ(page.find("<script"), page.npos);
  EXPECT_EQ(page.find("src="), page.npos);
  EXPECT_EQ(page.find("href="), page.npos);
  EXPECT_EQ(times(page, "http"),
            times(page, "http://www.w3.org/2000/svg") + times(page, "http-equiv"));
  EXPECT_EQ(page.find("<angle>"), page.npos);
  EXPECT_NE(page.find("&lt;angle&gt;"), page.npos);
  EXPECT_EQ(page.find("a<b>"), page.npos);
}

TEST(BenchPage, SaysInOneSentenceWhatWasFound) {
  const std::string sentence = summary_sentence(sample_report());
  EXPECT_NE(sentence.find("15.7 Gb/s to disk with capstan and loses none"), sentence.npos);
  EXPECT_NE(sentence.find("tcpdump, manages 3.6 Gb/s"), sentence.npos);
  EXPECT_NE(sentence.find("disk itself"), sentence.npos);
  BenchReport curve_only = sample_report();
  curve_only.no_drop.clear();
  EXPECT_NE(summary_sentence(curve_only).find("16.0 Gb/s of 1518 bytes"), sentence.npos);
  EXPECT_NE(summary_sentence(BenchReport{}).find("Too little"), sentence.npos);
  expect_balanced(html_page(BenchReport{}));
}

TEST(BenchPage, InterruptedRunsSaySo) {
  BenchReport report = sample_report();
  report.interrupted = true;
  EXPECT_NE(html_page(report).find("interrupted"), std::string::npos);
}

TEST(BenchJson, HasAllTrialsAndNoZeroForAFailure) {
  const BenchReport report = sample_report();
  const nlohmann::json json = nlohmann::json::parse(json_report(report));
  ASSERT_EQ(json["trials"].size(), report.trials.size());
  EXPECT_EQ(json["trials"][2]["tool"], "stenotype");
  EXPECT_TRUE(json["trials"][2]["loss_percent"].is_null());
  EXPECT_TRUE(json["trials"][2]["lost_packets"].is_null());
  EXPECT_NEAR(json["trials"][4]["loss_percent"].get<double>(), 40, 0.01);
  EXPECT_EQ(json["trials"][4]["offered_packets"].get<std::uint64_t>(),
            json["trials"][4]["lost_packets"].get<std::uint64_t>() +
                json["trials"][4]["written_packets"].get<std::uint64_t>());
  EXPECT_EQ(json["no_drop"].size(), 5U);
  EXPECT_TRUE(json["no_drop"][0]["lowest_with_loss_packets_per_second"].is_null());
  EXPECT_EQ(json["tools"][3]["present"], false);
  EXPECT_EQ(json["command"], report.command);
  EXPECT_EQ(json["interrupted"], false);
}

TEST(BenchChart, AxisStepsAreRoundNumbers) {
  EXPECT_EQ(axis_step(100, 5), 20);
  EXPECT_EQ(axis_step(7, 7), 1);
  EXPECT_EQ(axis_step(23, 5), 5);
  EXPECT_EQ(axis_step(0, 5), 1);
  EXPECT_NEAR(axis_step(0.9, 3), 0.5, 1e-12);
}

TEST(BenchFrames, SizesHaveTheFcs) {
  EXPECT_EQ(parse_frame("1518").mean_bytes, 1514);
  EXPECT_NEAR(parse_frame("imix").mean_bytes, (7 * 64 + 4 * 594 + 1518) / 12.0, 1);
  for (const char* wrong : {"", "63", "9001", "big", "64x", "-1"}) {
    EXPECT_THROW(parse_frame(wrong), UsageError) << wrong;
  }
}

TEST(BenchCommandLine, ModesAndRefusals) {
  const auto parse = [](std::vector<const char*> words) {
    words.insert(words.begin(), "capstan bench");
    return tools::parse_bench_command_line(static_cast<int>(words.size()), words.data());
  };
  const auto rate = parse({"rate"});
  ASSERT_TRUE(rate);
  EXPECT_EQ(rate->plan.rate_frames.size(), 9U);
  EXPECT_EQ(rate->plan.tools, std::vector<std::string>{"capstan"});
  EXPECT_TRUE(rate->plan.curve_frames.empty());
  const auto compare = parse({"compare", "--tools", "capstan,tcpdump", "--frames", "64"});
  ASSERT_TRUE(compare);
  EXPECT_EQ(compare->plan.tools.size(), 2U);
  EXPECT_EQ(compare->plan.time_limit_s, 14 * 60);
  const std::vector<std::vector<const char*>> refused = {
      {},
      {"speed"},
      {"rate", "--tools", "wireshark"},
      {"rate", "--frames", "12"},
      {"curve", "--loads", "0"},
      {"curve", "--loads", "101"},
      {"burst", "--rings", "0"},
      {"rate", "--recorder-cpu", "0", "--generator-cpu", "0"},
      {"rate", "--recorder-cpu", "4096"},
      {"rate", "--interface", "eth9"},
      {"rate", "--seconds", "0"},
  };
  for (const auto& words : refused) {
    EXPECT_THROW(parse(words), UsageError) << (words.empty() ? "" : words.back());
  }
}

}  // namespace
}  // namespace capstan::test
