// capstan doctor on a veth pair: what ethtool set is what it says, and its mend mends.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/record_run.h"
#include "tests/support/sandbox.h"

namespace capstan::test {
namespace {

class Doctor : public Sandbox {
 protected:
  nlohmann::json check(const std::string& name) {
    last_ = run_capstan({"doctor", "v1", "--dir", directory(), "--json", "--no-measure"});
    const auto all = nlohmann::json::parse(last_.out);
    EXPECT_EQ(all["costs_packets"].get<bool>(), last_.status == 1) << last_.out;
    for (const auto& one : all["checks"]) {
      if (one["name"] == name) return one;
    }
    ADD_FAILURE() << "no check " << name << " in " << last_.out;
    return {};
  }
  ProcessResult last_;
};

TEST_F(Doctor, TheMendForGroMends) {
  shell("ethtool -K v1 gro on");
  const auto found = check("gro");
  EXPECT_EQ(found["state"], "cost");
  EXPECT_EQ(last_.status, 1);
  shell(found["mend"].get<std::string>());
  EXPECT_EQ(check("gro")["state"], "ok");
}

TEST_F(Doctor, ProbesSayWhatThisKernelDoes) {
  EXPECT_EQ(check("io_uring")["state"], "ok");
  EXPECT_NE(check("ring-memory")["state"], "unknown");
}

TEST_F(Doctor, UnknownInterfaceAndAnyAreBadUsage) {
  const ProcessResult wrong = run_capstan({"doctor", "v11"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_NE(wrong.err.find("v1"), std::string::npos);
  EXPECT_EQ(run_capstan({"doctor", "any"}).status, 2);
  EXPECT_EQ(run_capstan({"doctor", "v1", "--dir", file("none")}).status, 2);
}

TEST_F(Doctor, MeasuresTheDisk) {
  const ProcessResult result = run_capstan({"doctor", "v1", "--dir", directory()});
  EXPECT_NE(result.out.find("disk-rate"), std::string::npos);
  EXPECT_EQ(result.out.find("not measured"), std::string::npos) << result.out;
}

}  // namespace
}  // namespace capstan::test
