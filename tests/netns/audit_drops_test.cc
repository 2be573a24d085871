// `audit -i` on a ring that runs over: what was lost is told in every output, and the status is no
// 0.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/process.h"
#include "tests/support/record_run.h"
#include "tests/support/sandbox.h"
#include "tests/support/wire.h"

namespace capstan::test {
namespace {

constexpr int kNotAll = 5;

class AuditDrops : public Sandbox {
 protected:
  // The last line of the JSON.
  static nlohmann::json summary(const std::string& path) {
    std::istringstream lines(read_text(path));
    std::string last;
    for (std::string line; std::getline(lines, line);) last = line;
    return nlohmann::json::parse(last)["stats"]["audit"];
  }
  static void send(std::uint32_t count) {
    const FrameSender sender("v0");
    for (std::uint32_t i = 0; i < count; ++i) sender.send(make_udp_frame(9999, i, 1400));
  }
};

TEST_F(AuditDrops, AreToldInReportJsonPageAndStatus) {
  const std::string lines = file("events.json");
  const std::string page = file("page.html");
  Process audit(
      {capstan_binary(), "audit", "-i", "v1", "--ring-size", "2", "--json", lines, "--html", page});
  ASSERT_TRUE(wait_until([&] { return audit.err().find("listening") != std::string::npos; }))
      << audit.err();
  // Stopped it gives no block back: what does not fit into 2 MiB is dropped by the kernel.
  audit.signal(SIGSTOP);
  constexpr std::uint32_t kSent = 4000;
  send(kSent);
  audit.signal(SIGCONT);
  audit.signal(SIGINT);
  EXPECT_EQ(audit.wait(), kNotAll) << audit.err();
  EXPECT_NE(audit.out().find("packets were lost while v1 was heard"), std::string::npos)
      << audit.out();
  const nlohmann::json said = summary(lines);
  EXPECT_FALSE(said["everything_looked_at"]);
  ASSERT_EQ(said["inputs"].size(), 1U);
  const nlohmann::json& input = said["inputs"][0];
  EXPECT_EQ(input["interface"], "v1");
  EXPECT_GT(input["packets_lost"], 0U);
  EXPECT_EQ(input["packets"].get<std::uint64_t>() + input["packets_lost"].get<std::uint64_t>(),
            kSent);
  ASSERT_FALSE(said["left_out"].empty());
  EXPECT_EQ(said["left_out"][0]["what"], "packets-lost") << said;
  EXPECT_NE(read_text(page).find("Not certain."), std::string::npos);
  EXPECT_NE(read_text(page).find("lost while v1 was heard"), std::string::npos);
}

TEST_F(AuditDrops, WithoutThemTheStatusIsZero) {
  const std::string lines = file("events.json");
  Process audit({capstan_binary(), "audit", "-i", "v1", "--json", lines, "--count", "100"});
  ASSERT_TRUE(wait_until([&] { return audit.err().find("listening") != std::string::npos; }))
      << audit.err();
  send(100);
  EXPECT_EQ(audit.wait(), 0) << audit.err() << audit.out();
  EXPECT_NE(audit.out().find("none was lost"), std::string::npos) << audit.out();
  EXPECT_TRUE(summary(lines)["everything_looked_at"]);
}

}  // namespace
}  // namespace capstan::test
