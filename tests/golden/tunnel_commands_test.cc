// Tunnels in `capstan merge --decap` and `capstan query --inner`, held against what tshark sees in
// the same captures.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "engine/index/file_indexer.h"
#include "tests/support/captures.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace capstan {
namespace {

namespace fs = std::filesystem;
using test::ProcessResult;
using test::TempDir;

ProcessResult capstan(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), CAPSTAN_COMMAND);
  return test::run(std::move(arguments));
}

// Every IP source address of each packet that `filter` takes, outer first, "a,b".
std::vector<std::string> sources(const std::string& path, const std::string& filter) {
  const ProcessResult result =
      test::run({"tshark", "-r", path, "-Y", filter, "-T", "fields", "-E", "occurrence=a", "-E",
                 "separator=;", "-e", "ip.src", "-e", "ipv6.src"});
  EXPECT_EQ(result.status, 0) << result.err;
  std::vector<std::string> lines;
  std::istringstream text(result.out);
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

// Of "a,b;" what is left without the first IPv4 address: the outer one.
std::string without_first(const std::string& line) {
  const std::size_t end = line.find_first_of(",;");
  return line[end] == ',' ? line.substr(end + 1) : line.substr(end);
}

// What GRE carries for PPTP and WCCP is left as it is.
constexpr const char* kIpInGre =
    "gre.proto == 0x0800 || gre.proto == 0x86dd || gre.proto == 0x6558";

struct TunnelCase {
  const char* capture;
  const char* filter;   // tshark's
  const char* comment;  // how the comment of such a packet begins
};

class Decap : public ::testing::TestWithParam<TunnelCase> {};

TEST_P(Decap, WhatWasInsideIsLeft) {
  const TunnelCase& wanted = GetParam();
  const std::string path = test::captures() / wanted.capture;
  const TempDir dir;
  const std::string out = dir.path() / "inside.pcapng";
  const ProcessResult result = capstan({"merge", "--decap", "-w", out, path});
  ASSERT_EQ(result.status, 0) << result.err;
  std::vector<std::string> expected = sources(path, wanted.filter);
  ASSERT_FALSE(expected.empty());
  std::transform(expected.begin(), expected.end(), expected.begin(), without_first);
  const std::vector<std::string> inside =
      sources(out, std::string("frame.comment contains \"") + wanted.comment + "\"");
  EXPECT_EQ(inside, expected);
}

INSTANTIATE_TEST_SUITE_P(
    Tunnels, Decap,
    ::testing::Values(TunnelCase{"core/sv__vxlan-decoder-01.pcap", "vxlan", "VXLAN VNI"},
                      TunnelCase{"core/tcpdump__vxlan.pcap", "vxlan", "VXLAN VNI"},
                      TunnelCase{"core/zeek__tunnels_geneve.pcap", "geneve", "GENEVE VNI"},
                      TunnelCase{"core/sv__geneve-decoder.pcap", "geneve", "GENEVE VNI"},
                      TunnelCase{"formats/pcpp__GrePackets.pcap", kIpInGre, "GRE"},
                      TunnelCase{"core/zeek__tunnels_gre-sample.pcap", "gre", "GRE"},
                      TunnelCase{"core/tcpdump__erspan-type-ii-1.pcap", "erspan", "ERSPAN"},
                      TunnelCase{"core/tcpdump__erspan-type-i-3.pcap", "erspan", "ERSPAN"}));

// A host that speaks inside of a tunnel only.
struct InnerCase {
  const char* capture;
  const char* tunnel;  // tshark's filter for it
};

class Inner : public ::testing::TestWithParam<InnerCase> {};

TEST_P(Inner, AHostInsideIsFoundWithAndWithoutAnIndex) {
  const TempDir dir;
  const fs::path capture = test::captures() / GetParam().capture;
  const std::string path = dir.path() / capture.filename();
  fs::copy_file(capture, path);
  const std::vector<std::string> all = sources(path, GetParam().tunnel);
  ASSERT_FALSE(all.empty());
  std::string host = without_first(all.front());
  host = host.substr(0, host.find_first_of(",;"));
  ASSERT_FALSE(host.empty()) << all.front();
  const std::size_t expected = sources(path, "ip.addr == " + host).size();
  const auto count = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"query", "-r", path, "--count"});
    return capstan(arguments).out;
  };
  const std::string text = std::to_string(expected) + (expected == 1 ? " packet\n" : " packets\n");
  EXPECT_EQ(count({"host", host}), "0 packets\n");
  EXPECT_EQ(count({"--inner", "host", host}), text);
  EXPECT_EQ(count({"--inner", "host", "203.0.113.77"}), "0 packets\n");
  ASSERT_EQ(capstan({"index", "-q", path}).status, 0);
  EXPECT_EQ(count({"host", host}), "0 packets\n");
  EXPECT_EQ(count({"--inner", "host", host}), text);
  EXPECT_EQ(count({"--inner", "host", "203.0.113.77"}), "0 packets\n");
  EXPECT_EQ(capstan({"flows", "-r", path, "--json", "--inner", "host", host}).out.empty(), false);
  EXPECT_TRUE(capstan({"flows", "-r", path, "--json", "host", host}).out.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Tunnels, Inner,
    ::testing::Values(InnerCase{"core/sv__vxlan-decoder-01.pcap", "vxlan"},
                      InnerCase{"core/zeek__tunnels_geneve.pcap", "geneve"},
                      InnerCase{"core/zeek__tunnels_gre-sample.pcap", kIpInGre},
                      InnerCase{"core/zeek__tunnels_4in4.pcap", "ip.proto == 4"}));

// Protocol and server name as the audit of the same packets has them.
TEST(FlowsCommand, NamesApplicationsWhenAsked) {
  const TempDir dir;
  int named = 0;
  for (const char* name : {"tls/sv__tls-extra-alert.pcap", "tls/arkime__tls-alpn-h2.pcap",
                           "logins/zeek__redis_attr.pcap"}) {
    const std::string path = dir.path() / fs::path(name).filename();
    fs::copy_file(test::captures() / name, path);
    const ProcessResult names =
        test::run({"tshark", "-r", path, "-Y", "tls.handshake.extensions_server_name", "-T",
                   "fields", "-e", "tls.handshake.extensions_server_name"});
    const std::string sni = names.out.substr(0, names.out.find('\n'));
    const char* const protocol =
        std::string(name).find("redis") != std::string::npos ? "redis" : "tls";
    for (const bool indexed : {false, true}) {
      if (indexed) {
        ASSERT_EQ(capstan({"index", "-q", path}).status, 0);
      }
      const ProcessResult json = capstan({"flows", "-r", path, "--apps", "--json"});
      EXPECT_EQ(json.status, 0) << json.err;
      EXPECT_NE(json.out.find("\"app_proto\":\"" + std::string(protocol) + "\""), std::string::npos)
          << name << json.out;
      EXPECT_EQ(json.out.find("\"sni\":\"" + sni + "\"") != std::string::npos, !sni.empty());
      const ProcessResult table = capstan({"flows", "-r", path, "--apps"});
      EXPECT_NE(table.out.find(std::string(" ") + protocol), std::string::npos) << table.out;
      EXPECT_EQ(capstan({"flows", "-r", path, "--json"}).out.find("app_proto"), std::string::npos);
      named += sni.empty() ? 0 : 1;
    }
  }
  EXPECT_GT(named, 0);
}

TEST(InfoCommand, TakesADirectory) {
  const TempDir dir;
  fs::copy_file(test::captures() / "core/tcpdump__vxlan.pcap", dir.path() / "a.pcap");
  fs::copy_file(test::captures() / "core/tcpdump__vxlan.pcap", dir.path() / "b.pcap");
  dir.write("notes.txt", std::vector<std::uint8_t>{'h', 'i'});
  ASSERT_EQ(capstan({"index", "-q", dir.path()}).status, 0);
  const ProcessResult each = capstan({"info", dir.path() / "a.pcap", dir.path() / "b.pcap"});
  const ProcessResult all = capstan({"info", dir.path()});
  EXPECT_EQ(all.status, each.status) << all.err;
  EXPECT_EQ(all.out, each.out);
  EXPECT_EQ(all.err, "");
  EXPECT_EQ(capstan({"info", dir.path() / "none"}).status, 2);
}

}  // namespace
}  // namespace capstan
