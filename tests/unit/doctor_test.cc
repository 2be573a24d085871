// capstan doctor: made-up machines, adapters and disks, and what is said of them.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/core/errors.h"
#include "tests/support/temp_dir.h"
#include "tools/doctor/disk_checks.h"
#include "tools/doctor/doctor_cli.h"
#include "tools/doctor/doctor_report.h"
#include "tools/doctor/link_checks.h"
#include "tools/doctor/machine_checks.h"

namespace capstan::tools {
namespace {

const Check& named(const Checks& checks, const std::string& name) {
  for (const Check& check : checks) {
    if (check.name == name) return check;
  }
  throw std::runtime_error("no check is called " + name);
}

// Whatever is not right names a mend, and every check says why it matters.
void expect_complete(const Checks& checks) {
  for (const Check& check : checks) {
    EXPECT_FALSE(check.found.empty()) << check.name;
    EXPECT_TRUE(check.why.ends_with('.')) << check.name;
    // Whatever is not as it should be, and only that, names what mends it.
    if (check.state == CheckState::kUnknown) continue;
    EXPECT_EQ(check.mend.empty(), check.state == CheckState::kOk) << check.name;
  }
}

class Tree : public ::testing::Test {
 protected:
  void put(const std::string& path, const std::string& text) {
    const std::filesystem::path file = root_.path().string() + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text << "\n";
  }
  SystemTree system() const { return SystemTree(root_.path()); }
  CheckState machine(const std::string& name, std::size_t cpus = 2) {
    const Checks checks = check_machine(system(), cpus);
    expect_complete(checks);
    return named(checks, name).state;
  }
  CheckState placing(const std::string& name) {
    const Checks checks = check_link_placing("eth0", system());
    expect_complete(checks);
    return named(checks, name).state;
  }

 private:
  test::TempDir root_;
};

TEST_F(Tree, IrqbalanceIsFoundByItsName) {
  put("/proc/12/comm", "bash");
  put("/proc/net/comm", "irqbalance");
  EXPECT_EQ(machine("irqbalance"), CheckState::kOk);
  put("/proc/345/comm", "irqbalance");
  EXPECT_EQ(machine("irqbalance"), CheckState::kWarn);
}

TEST_F(Tree, OneSlowCpuIsEnough) {
  EXPECT_EQ(machine("cpu-governor"), CheckState::kOk);
  put("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance");
  EXPECT_EQ(machine("cpu-governor"), CheckState::kOk);
  put("/sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "powersave");
  EXPECT_EQ(machine("cpu-governor"), CheckState::kWarn);
}

TEST_F(Tree, IsolationIsAskedForOnlyWhereThereAreCpusToSpare) {
  EXPECT_EQ(machine("cpu-isolation", 2), CheckState::kOk);
  EXPECT_EQ(machine("cpu-isolation", 8), CheckState::kWarn);
  put("/sys/devices/system/cpu/isolated", "6-7");
  EXPECT_EQ(machine("cpu-isolation", 8), CheckState::kOk);
}

TEST_F(Tree, LockedMemoryByLimitOrCapability) {
  EXPECT_EQ(machine("memlock"), CheckState::kUnknown);
  put("/proc/self/limits", "Max locked memory         8388608              8388608     bytes");
  EXPECT_EQ(machine("memlock"), CheckState::kWarn);
  put("/proc/self/status", "CapEff:\t0000000000004000");
  EXPECT_EQ(machine("memlock"), CheckState::kOk);
  put("/proc/self/status", "CapEff:\t0000000000000000");
  put("/proc/self/limits", "Max locked memory         unlimited            unlimited   bytes");
  EXPECT_EQ(machine("memlock"), CheckState::kOk);
}

TEST_F(Tree, HugepagesThatLieIdle) {
  EXPECT_EQ(machine("hugepages"), CheckState::kUnknown);
  put("/proc/meminfo", "MemTotal: 8000000 kB\nHugePages_Free:  0\nHugepagesize: 2048 kB");
  EXPECT_EQ(machine("hugepages"), CheckState::kOk);
  put("/proc/meminfo", "MemTotal: 8000000 kB\nHugePages_Free:  2000\nHugepagesize: 2048 kB");
  EXPECT_EQ(machine("hugepages"), CheckState::kWarn);
}

TEST_F(Tree, KernelVersions) {
  EXPECT_EQ(machine("kernel"), CheckState::kUnknown);
  for (const auto& [release, state] :
       {std::pair{"4.19.0-27", CheckState::kCost}, std::pair{"5.15.0", CheckState::kWarn},
        std::pair{"6.1.0-28-amd64", CheckState::kOk}, std::pair{"6.18.1", CheckState::kOk}}) {
    put("/proc/sys/kernel/osrelease", release);
    EXPECT_EQ(machine("kernel"), state) << release;
  }
}

TEST_F(Tree, DropsOfTheAdapter) {
  EXPECT_EQ(placing("nic-drops"), CheckState::kUnknown);
  put("/sys/class/net/eth0/statistics/rx_missed_errors", "0");
  EXPECT_EQ(placing("nic-drops"), CheckState::kOk);
  put("/sys/class/net/eth0/statistics/rx_fifo_errors", "1234");
  EXPECT_EQ(placing("nic-drops"), CheckState::kWarn);
  EXPECT_NE(named(check_link_placing("eth0", system()), "nic-drops").found.find("1,234"),
            std::string::npos);
}

TEST_F(Tree, InterruptsAllOnOneCpu) {
  EXPECT_EQ(placing("irq-affinity"), CheckState::kUnknown);
  for (const char* irq : {"41", "42", "43"}) {
    put(std::string("/sys/class/net/eth0/device/msi_irqs/") + irq, "msix");
    put(std::string("/proc/irq/") + irq + "/smp_affinity_list", "0-3");
    put(std::string("/proc/irq/") + irq + "/effective_affinity_list", "0");
  }
  EXPECT_EQ(placing("irq-affinity"), CheckState::kWarn);
  put("/proc/irq/42/effective_affinity_list", "1");
  EXPECT_EQ(placing("irq-affinity"), CheckState::kOk);
}

TEST_F(Tree, CpusOnAnotherNodeThanTheAdapter) {
  EXPECT_EQ(placing("numa"), CheckState::kOk);
  put("/sys/devices/system/node/node0/cpulist", "0-3");
  put("/sys/devices/system/node/node1/cpulist", "4-7");
  EXPECT_EQ(placing("numa"), CheckState::kUnknown);
  put("/sys/class/net/eth0/device/numa_node", "1");
  put("/proc/self/status", "Cpus_allowed_list:\t0-7");
  EXPECT_EQ(placing("numa"), CheckState::kWarn);
  put("/proc/self/status", "Cpus_allowed_list:\t5,6");
  EXPECT_EQ(placing("numa"), CheckState::kOk);
}

CheckState link(const LinkFacts& facts, const std::string& name) {
  const Checks checks = check_link(facts, 4);
  expect_complete(checks);
  return named(checks, name).state;
}

TEST(LinkChecks, ADriverThatSaysNothingIsNoFault) {
  const Checks checks = check_link({}, 4);
  EXPECT_FALSE(costs_packets(checks));
  for (const Check& check : checks) EXPECT_NE(check.state, CheckState::kWarn) << check.name;
}

TEST(LinkChecks, MergedPacketsCostAndCutOnesDoNot) {
  LinkFacts facts;
  facts.gro = facts.lro = facts.tso = facts.gso = facts.rx_vlan = true;
  EXPECT_EQ(link(facts, "gro"), CheckState::kCost);
  EXPECT_EQ(link(facts, "lro"), CheckState::kCost);
  EXPECT_EQ(link(facts, "tso"), CheckState::kWarn);
  EXPECT_EQ(link(facts, "gso"), CheckState::kWarn);
  EXPECT_EQ(link(facts, "rxvlan"), CheckState::kOk);
  facts.gro = facts.lro = false;
  EXPECT_EQ(link(facts, "gro"), CheckState::kOk);
  EXPECT_EQ(link(facts, "lro"), CheckState::kOk);
}

TEST(LinkChecks, RingQueuesHashAndPause) {
  LinkFacts facts;
  facts.ring_size = 256;
  facts.ring_size_max = 4096;
  facts.queues = 1;
  facts.queues_max = 8;
  EXPECT_EQ(link(facts, "nic-ring"), CheckState::kCost);
  EXPECT_EQ(link(facts, "rss-queues"), CheckState::kWarn);
  EXPECT_EQ(link(facts, "rss-hash"), CheckState::kOk);
  facts.ring_size = 2048;
  facts.queues = 4;  // as many as CPUs
  facts.symmetric_hash = false;
  EXPECT_EQ(link(facts, "nic-ring"), CheckState::kWarn);
  EXPECT_EQ(link(facts, "rss-queues"), CheckState::kOk);
  EXPECT_EQ(link(facts, "rss-hash"), CheckState::kWarn);
  facts.ring_size = 4096;
  facts.symmetric_hash = true;
  EXPECT_EQ(link(facts, "nic-ring"), CheckState::kOk);
  EXPECT_EQ(link(facts, "rss-hash"), CheckState::kOk);
  facts.pause_tx = false;
  EXPECT_EQ(link(facts, "pause"), CheckState::kOk);
  facts.pause_rx = true;
  EXPECT_EQ(link(facts, "pause"), CheckState::kWarn);
  facts.pause_tx = true;
  EXPECT_EQ(link(facts, "pause"), CheckState::kCost);
}

TEST(DiskChecks, FileSystemsAndDirectWrites) {
  DiskFacts disk{"/data", "xfs", 900, 1000, 512, 512};
  Checks checks = check_file_system(disk);
  expect_complete(checks);
  for (const Check& check : checks) EXPECT_EQ(check.state, CheckState::kOk) << check.name;
  disk = {"/data", "nfs", 10, 1000, 0, 0};
  checks = check_file_system(disk);
  expect_complete(checks);
  EXPECT_EQ(named(checks, "file-system").state, CheckState::kWarn);
  EXPECT_EQ(named(checks, "direct-io").state, CheckState::kCost);
  EXPECT_EQ(named(checks, "disk-space").state, CheckState::kWarn);
  disk.direct_offset_align = 65536;
  EXPECT_EQ(named(check_file_system(disk), "direct-io").state, CheckState::kCost);
  disk.direct_offset_align.reset();
  EXPECT_EQ(named(check_file_system(disk), "direct-io").state, CheckState::kUnknown);
}

TEST(DiskChecks, RateAgainstTheLink) {
  const DiskFacts disk{"/data", "xfs", 900, 1000, 512, 512};
  const DiskRate rate{1'250'000'000, 1'000'000'000, true, true, 0};  // 10 Gb/s
  EXPECT_EQ(check_disk_rate(disk, rate, 0).state, CheckState::kUnknown);
  EXPECT_EQ(check_disk_rate(disk, rate, 1'000'000'000).state, CheckState::kOk);
  EXPECT_EQ(check_disk_rate(disk, rate, 9'000'000'000).state, CheckState::kWarn);
  EXPECT_EQ(check_disk_rate(disk, rate, 25'000'000'000).state, CheckState::kCost);
  DiskRate failed = rate;
  failed.error = ENOSPC;
  EXPECT_EQ(check_disk_rate(disk, failed, 1'000'000'000).state, CheckState::kUnknown);
}

TEST(DiskProbe, WritesNoMoreThanItMayAndLeavesNothing) {
  const test::TempDir directory;
  const DiskFacts disk = read_disk_facts(directory.path());
  const DiskRate rate = measure_disk_rate(disk, 4 << 20, 10'000'000'000);
  EXPECT_EQ(rate.error, 0);
  EXPECT_EQ(rate.bytes, 4U << 20);
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
  DiskFacts full = disk;
  full.free_bytes = 1 << 20;
  const DiskRate none = measure_disk_rate(full, 4 << 20, 10'000'000'000);
  EXPECT_EQ(none.error, ENOSPC);
  EXPECT_TRUE(rate.measured());
  EXPECT_FALSE(none.measured());  // no rate of 0 B/s that a plan could be made with
}

TEST(DiskProbe, WhatIsNoDirectoryIsBadUsage) {
  EXPECT_THROW(read_disk_facts("/nonexistent/capstan"), UsageError);
}

TEST(DoctorReport, OnlyWhatCostsPacketsChangesTheVerdict) {
  Checks checks = {{"a", CheckState::kOk, "x", "Why.", ""},
                   {"b", CheckState::kWarn, "y", "Why.", "mend b"},
                   {"c", CheckState::kUnknown, "z", "Why.", ""}};
  EXPECT_FALSE(nlohmann::json::parse(doctor_json(checks))["costs_packets"].get<bool>());
  EXPECT_NE(doctor_text(checks).find("mend: mend b"), std::string::npos);
  checks.push_back({"d", CheckState::kCost, "y", "Why.", "mend d"});
  const auto json = nlohmann::json::parse(doctor_json(checks));
  EXPECT_TRUE(json["costs_packets"].get<bool>());
  EXPECT_EQ(json["checks"].size(), 4U);
  EXPECT_EQ(json["checks"][3]["state"], "cost");
}

TEST(DoctorCli, Options) {
  const char* arguments[] = {"doctor", "eth0", "--dir", "/data", "--json", "--no-measure"};
  const auto line = parse_doctor_command_line(6, arguments);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->interface, "eth0");
  EXPECT_EQ(line->directory, "/data");
  EXPECT_TRUE(line->json);
  EXPECT_FALSE(line->measure);
  const char* wrong[] = {"doctor", "--no-such"};
  EXPECT_THROW(parse_doctor_command_line(2, wrong), UsageError);
  const char* empty[] = {"doctor", "--plan", ""};  // of a variable that is not set
  EXPECT_THROW(parse_doctor_command_line(3, empty), UsageError);
}

}  // namespace
}  // namespace capstan::tools
