// pcap over IP without a network: names, ranges, the shared buffer, and what a slow client gets.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "engine/core/errors.h"
#include "engine/core/tcp_address.h"
#include "engine/core/unique_fd.h"
#include "engine/format/block_head.h"
#include "engine/format/pcapng.h"
#include "tools/feed/feed_buffer.h"
#include "tools/feed/feed_client.h"
#include "tools/feed/feed_options.h"

namespace capstan::tools {
namespace {

TcpAddress address(const std::string& host) { return resolve_tcp({host, 57012}).front(); }

TEST(TcpNames, AsPeopleTypeThem) {
  const auto name = [](const char* text) {
    const auto parsed = parse_tcp_name(text);
    return parsed ? parsed->host + "|" + std::to_string(parsed->port) : std::string("none");
  };
  EXPECT_EQ(name("57012"), "|57012");
  EXPECT_EQ(name("127.0.0.1:57012"), "127.0.0.1|57012");
  EXPECT_EQ(name("[::1]:1"), "::1|1");
  EXPECT_EQ(name("host.example:65535"), "host.example|65535");
  for (const char* bad :
       {"", ":", "host:", ":57012", "::1:57012", "host:0", "host:65536", "host:1x", "-1", "1 "}) {
    EXPECT_EQ(name(bad), "none") << bad;
  }
}

// A queue of connections that is full: the kernel drops what asks for one more (tcp(7)).
TEST(TcpNames, OneThatSaysNothingIsGivenUp) {
  const UniqueFd server(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  TcpAddress at = address("127.0.0.1");
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(server.get(), reinterpret_cast<const sockaddr*>(&in), sizeof(in)), 0);
  ASSERT_EQ(::listen(server.get(), 0), 0);
  socklen_t size = sizeof(in);
  ASSERT_EQ(::getsockname(server.get(), reinterpret_cast<sockaddr*>(&in), &size), 0);
  std::memcpy(&at.storage, &in, sizeof(in));
  std::vector<UniqueFd> waiting;
  for (int i = 0; i < 8; ++i) {
    waiting.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    static_cast<void>(::connect(waiting.back().get(), at.get(), at.size));
  }
  const std::uint16_t port = ntohs(in.sin_port);
  try {
    static_cast<void>(connect_tcp({"127.0.0.1", port}));
    FAIL() << "connected";
  } catch (const UsageError& error) {
    EXPECT_EQ(error.what(), "tcp:127.0.0.1:" + std::to_string(port) + ": Connection timed out");
  }
}

TEST(AddressRanges, ContainWhatTheyName) {
  EXPECT_TRUE(AddressRange("192.0.2.0/24").contains(address("192.0.2.255")));
  EXPECT_FALSE(AddressRange("192.0.2.0/24").contains(address("192.0.3.0")));
  EXPECT_TRUE(AddressRange("192.0.2.128/25").contains(address("192.0.2.129")));
  EXPECT_FALSE(AddressRange("192.0.2.128/25").contains(address("192.0.2.127")));
  EXPECT_TRUE(AddressRange("0.0.0.0/0").contains(address("203.0.113.9")));
  EXPECT_FALSE(AddressRange("0.0.0.0/0").contains(address("2001:db8::1")));
  EXPECT_TRUE(AddressRange("192.0.2.7").contains(address("192.0.2.7")));
  EXPECT_FALSE(AddressRange("192.0.2.7").contains(address("192.0.2.6")));
  EXPECT_TRUE(AddressRange("192.0.2.7").contains(address("::ffff:192.0.2.7")));
  EXPECT_TRUE(AddressRange("2001:db8::/33").contains(address("2001:db8:7fff::1")));
  EXPECT_FALSE(AddressRange("2001:db8::/33").contains(address("2001:db8:8000::1")));
  for (const char* bad : {"", "192.0.2", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/x", "::/129",
                          "host.example", "192.0.2.1 "}) {
    EXPECT_THROW(AddressRange{bad}, UsageError) << bad;
  }
}

TEST(FeedOptions, WhatIsAConnectionAndWhatIsAFile) {
  EXPECT_FALSE(feed_target_of("file.pcapng"));
  EXPECT_FALSE(feed_target_of("tcp"));
  const auto listens = feed_target_of("tcp-listen:57012");
  ASSERT_TRUE(listens);
  EXPECT_TRUE(listens->listens);
  EXPECT_TRUE(listens->addresses.front().is_loopback());
  const auto connects = feed_target_of("tcp:127.0.0.1:57012");
  ASSERT_TRUE(connects);
  EXPECT_FALSE(connects->listens);
  for (const char* bad : {"tcp-listen:", "tcp-listen:0", "tcp:57012", "tcp:", "tcp:::1:5"}) {
    EXPECT_THROW(feed_target_of(bad), UsageError) << bad;
  }
}

// As at a boot before there is a name server: the recording begins all the same.
TEST(FeedOptions, AServersNameNeedNotBeKnownYet) {
  FeedOptions options;
  options.targets.push_back(*feed_target_of("tcp:collector.invalid:99"));
  EXPECT_TRUE(options.targets.front().addresses.empty());
  EXPECT_NE(options.targets.front().trouble.find("collector.invalid"), std::string::npos);
  EXPECT_TRUE(validate_feed_options(options).empty());
  EXPECT_EQ(own_traffic_filter(options, {"eth0"}), "not ((outbound and tcp dst port 99))");
  EXPECT_EQ(own_traffic_filter(options, {"lo"}), "not (tcp dst port 99)");
}

TEST(FeedOptions, OnlyNamedOnesMayComeFromElsewhere) {
  FeedOptions options;
  options.targets.push_back(*feed_target_of("tcp-listen:57012"));
  EXPECT_TRUE(validate_feed_options(options).empty());
  options.targets.push_back(*feed_target_of("tcp-listen:0.0.0.0:57013"));
  EXPECT_EQ(validate_feed_options(options).size(), 1U);
  options.allowed.emplace_back("192.0.2.0/24");
  EXPECT_TRUE(validate_feed_options(options).empty());
  options.targets.clear();
  EXPECT_EQ(validate_feed_options(options).size(), 1U);
}

TEST(FeedOptions, ItsOwnTrafficIsLeftOutWhereItCanBeSeen) {
  FeedOptions options;
  options.targets.push_back(*feed_target_of("tcp-listen:57012"));
  EXPECT_EQ(own_traffic_filter(options, {"eth0"}), "");
  EXPECT_EQ(own_traffic_filter(options, {"eth0", "lo"}), "not (tcp port 57012)");
  EXPECT_EQ(own_traffic_filter(options, {"any"}), "not (tcp port 57012)");
  options.targets.push_back(*feed_target_of("tcp:192.0.2.7:99"));
  EXPECT_EQ(own_traffic_filter(options, {"eth0"}), "not ((tcp port 99 and (host 192.0.2.7)))");
}

// A block as the sealer makes it, as far as a feed looks: a head, then packets of mixed sizes.
struct Block {
  std::vector<std::uint8_t> bytes;
  SealedBlock sealed;
};

class FeedClients : public ::testing::Test {
 protected:
  void make_block(std::uint32_t packets) {
    block_.bytes.clear();
    BlockHead head{};
    head.type = pcapng::kCapstanBlockHead;
    head.total_length = sizeof(BlockHead) + 4;
    head.magic = kBlockHeadMagic;
    head.packet_count = packets;
    total_ += packets;
    head.received = total_ + 7;  // of which the kernel dropped 7
    head.dropped = 7;
    head.output_packets = 1;  // of a stripe
    put(&head, sizeof(head));
    put(&head.total_length, 4);
    for (std::uint32_t i = 0; i < packets; ++i) {
      const std::uint32_t length = 32 + 4 * static_cast<std::uint32_t>(random_() % 100);
      const std::uint32_t first[2] = {pcapng::kEnhancedPacketBlock, length};
      put(first, sizeof(first));
      block_.bytes.resize(block_.bytes.size() + length - 12);
      put(&length, 4);
    }
    block_.sealed.data = block_.bytes.data();
    block_.sealed.size_bytes = static_cast<std::uint32_t>(block_.bytes.size());
    block_.sealed.packet_count = packets;
  }
  void put(const void* data, std::size_t size) {
    const auto* at = static_cast<const std::uint8_t*>(data);
    block_.bytes.insert(block_.bytes.end(), at, at + size);
  }
  static UniqueFd make_sockets(UniqueFd& reader) {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    reader = UniqueFd(ends[1]);
    return UniqueFd(ends[0]);
  }

  // Of statistics that tell of a loss.
  static std::uint64_t packets_missing(const std::string& record) {
    constexpr std::string_view kBefore = "capstan: ";
    const std::size_t at = record.find(kBefore);
    EXPECT_NE(at, std::string::npos);
    std::string digits = record.substr(at + kBefore.size());
    digits.resize(digits.find(' '));
    std::erase(digits, ',');
    return std::stoull(digits);
  }

  std::mt19937 random_{20261128};
  Block block_;
  std::uint64_t total_ = 0;
};

// Whatever is read when: whole records, and every packet in one of two counts.
TEST_F(FeedClients, ASlowOneGetsWholeRecordsAndIsToldWhatIsMissing) {
  for (int round = 0; round < 30; ++round) {
    total_ = 0;
    std::unique_ptr<FeedClient> client;
    FeedBuffer buffer(256U << 10, [&](const FeedPiece& piece) { client->forget(piece); });
    UniqueFd reader;
    UniqueFd writer = make_sockets(reader);
    const std::vector<std::uint8_t> head(64, 0);
    client = std::make_unique<FeedClient>(std::move(writer), "test", std::vector<std::uint8_t>{},
                                          buffer, 1);
    std::vector<std::uint8_t> got;
    const auto read_some = [&](std::size_t size) {
      std::vector<std::uint8_t> bytes(size);
      const ssize_t count = ::recv(reader.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
      if (count > 0) got.insert(got.end(), bytes.begin(), bytes.begin() + count);
      return count > 0;
    };
    for (int step = 0; step < 200; ++step) {
      make_block(static_cast<std::uint32_t>(random_() % 60));
      buffer.add(block_.sealed);
      for (auto i = random_() % 4; i > 0; --i) client->send();
      if (round % 3 != 0 || step > 150) read_some(random_() % 9000 + 1);
    }
    client->finish([](const FeedCounts&) { return std::vector<std::uint8_t>{}; });
    while (!client->finished()) {
      client->send();
      read_some(20000);
    }
    while (read_some(20000)) {
    }
    EXPECT_EQ(client->counts().sent + client->counts().lost, total_);
    EXPECT_TRUE(round % 3 != 0 || client->counts().lost > 0);
    std::uint64_t packets = 0;
    std::uint64_t statistics = 0;
    std::uint64_t told = 0;
    std::size_t at = 0;
    while (at < got.size()) {
      std::uint32_t record[2];
      ASSERT_LE(at + 12, got.size());
      std::memcpy(record, got.data() + at, sizeof(record));
      ASSERT_GE(record[1], 12U);
      ASSERT_LE(at + record[1], got.size());
      std::uint32_t again = 0;
      std::memcpy(&again, got.data() + at + record[1] - 4, 4);
      ASSERT_EQ(again, record[1]);
      if (record[0] == pcapng::kEnhancedPacketBlock) ++packets;
      if (record[0] == pcapng::kInterfaceStatisticsBlock) {
        ++statistics;
        told +=
            packets_missing(std::string(got.begin() + static_cast<std::ptrdiff_t>(at),
                                        got.begin() + static_cast<std::ptrdiff_t>(at + record[1])));
      }
      if (record[0] == pcapng::kCapstanBlockHead) {
        BlockHead block;
        std::memcpy(&block, got.data() + at, sizeof(block));
        EXPECT_EQ(block.output_packets, block.received - block.dropped);
        // All that is missing in front of a block is told in front of it.
        ASSERT_EQ(packets + told, block.output_packets - block.packet_count);
      }
      at += record[1];
    }
    EXPECT_EQ(packets, client->counts().sent);
    EXPECT_EQ(told, client->counts().lost);
    EXPECT_EQ(statistics != 0, client->counts().lost != 0);
  }
}

TEST_F(FeedClients, OneThatHasGoneIsNoticedAtTheNextSend) {
  std::unique_ptr<FeedClient> client;
  FeedBuffer buffer(256U << 10, [&](const FeedPiece& piece) { client->forget(piece); });
  UniqueFd reader;
  UniqueFd writer = make_sockets(reader);
  client = std::make_unique<FeedClient>(std::move(writer), "test", std::vector<std::uint8_t>(8, 1),
                                        buffer, 1);
  reader.reset();
  EXPECT_EQ(client->send(), FeedClient::State::kGone);
}

}  // namespace
}  // namespace capstan::tools
