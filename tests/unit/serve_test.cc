// capstan serve without a socket: targets, parameters, access, limits, the timeline's arithmetic
// and the hand-over of answers.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <random>
#include <system_error>
#include <thread>

#include "engine/core/errors.h"
#include "engine/core/unique_fd.h"
#include "engine/index/file_indexer.h"
#include "tests/support/index_traffic.h"
#include "tests/support/temp_dir.h"
#include "tools/query/completeness_text.h"
#include "tools/serve/access_log.h"
#include "tools/serve/fleets.h"
#include "tools/serve/gate.h"
#include "tools/serve/recorder_watch.h"
#include "tools/serve/timeline.h"
#include "tools/serve/worker_pool.h"
#include "writers/index/index_file.h"
#include "writers/recording/pcapng_format.h"

namespace capstan::serve {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kNow = 1'700'000'000 * kSecond;

RequestTarget target_of(std::string_view text) {
  std::string problem;
  const auto target = parse_target(text, problem);
  EXPECT_TRUE(target) << text << ": " << problem;
  return target ? *target : RequestTarget{};
}

TEST(ServeTarget, IsTakenApart) {
  const RequestTarget target = target_of("/a?x=1&y=a+b%20%26%3D&z&&w=%C3%A4");
  EXPECT_EQ(target.path, "/a");
  ASSERT_EQ(target.parameters.size(), 4U);
  EXPECT_EQ(*target.find("x"), "1");
  EXPECT_EQ(*target.find("y"), "a b &=");
  EXPECT_EQ(*target.find("z"), "");
  EXPECT_EQ(*target.find("w"), "\xC3\xA4");
  EXPECT_EQ(target.find("v"), nullptr);
}

TEST(ServeTarget, WhatIsNoneIsRefused) {
  for (const std::string& text :
       {std::string(), std::string("a"), std::string("/?a=%"), std::string("/?a=%4"),
        std::string("/?a=%g0"), std::string("/?a=%00"), std::string("/?%1b=1"),
        std::string("/?a=%80"), std::string("/?a=%c0%80"), std::string("/?a=%ed%a0%80"),
        std::string("/?a=%f5%80%80%80"), "/" + std::string(kLongestTarget, 'a')}) {
    std::string problem;
    EXPECT_FALSE(parse_target(text, problem)) << text.substr(0, 40);
    EXPECT_FALSE(problem.empty());
  }
}

TEST(ServeTarget, EncodingIsUndone) {
  std::string all;
  std::string encoded;
  for (int c = 32; c < 127; ++c) {
    all += static_cast<char>(c);
    encoded += fmt::format("%{:02X}", c);
  }
  EXPECT_EQ(*target_of("/?a=" + encoded).find("a"), all);
}

Question question_of(std::string_view query) {
  static constexpr const char* kNames[] = {"since", "until", "last", "filter", "inner",
                                           "limit", "from",  "step", "sort",   "by"};
  return understand(target_of("/q?" + std::string(query)), {kNames, 10, 100}, kNow);
}

TEST(ServeQuestion, IsUnderstood) {
  const Question question = question_of(
      "since=@1600000000&until=2023-11-14T22:13:20Z&filter=tcp+port+80&inner=1&limit=7&"
      "from=5.6.7&step=1s&sort=start&by=pair");
  EXPECT_EQ(question.range.since_ns, 1'600'000'000 * kSecond);
  EXPECT_EQ(question.range.until_ns, kNow);
  EXPECT_EQ(question.filter, "tcp port 80");
  EXPECT_TRUE(question.inner);
  EXPECT_EQ(question.limit, 7U);
  EXPECT_EQ(*question.from, (Place{5, 6, 7}));
  EXPECT_EQ(question.step_ns, kSecond);
  EXPECT_EQ(question.sort, tools::FlowOrder::kStart);
  EXPECT_EQ(question.by, tools::Talkers::kPair);
  EXPECT_EQ(question_of("").limit, 10U);
  EXPECT_EQ(question_of("last=10m").range.since_ns, kNow - 600 * kSecond);
}

TEST(ServeQuestion, EveryMistakeNamesItsParameter) {
  for (const auto& [query, named] : std::initializer_list<std::pair<const char*, const char*>>{
           {"nonsense=1", "nonsense"},
           {"limit=1&limit=1", "limit"},
           {"limit=0", "limit"},
           {"limit=101", "limit"},
           {"limit=", "limit"},
           {"from=1.2", "from"},
           {"inner=x", "inner"},
           {"since=x", "since"},
           {"last=1h&since=now", "last"},
           {"since=2020-01-02&until=2020-01-01", "since"},
           {"sort=x", "sort"},
           {"by=x", "by"},
           {"step=x", "step"}}) {
    try {
      static_cast<void>(question_of(query));
      ADD_FAILURE() << query << " was taken";
    } catch (const UsageError& error) {
      EXPECT_NE(std::string(error.what()).find(named), std::string::npos) << error.what();
    }
  }
  EXPECT_THROW(question_of("filter=" + std::string(kLongestFilter + 1, 'a')), UsageError);
}

TEST(ServeQuestion, AFleetIsAskedWhereOneCanBe) {
  static constexpr const char* kNames[] = {"recording", "fleet", "limit"};
  const auto asked = [](const char* query) {
    return understand(target_of(std::string("/q?") + query), {kNames, 10, 100}, kNow);
  };
  EXPECT_FALSE(asked("limit=3").fleet);
  EXPECT_EQ(asked("fleet=east+of+berlin").fleet, "east of berlin");
  EXPECT_EQ(asked("fleet=").fleet, "");  // no fleet has this name
  EXPECT_THROW(asked("fleet=a&fleet=a"), UsageError);
  EXPECT_THROW(asked("fleet=a&recording=b"), UsageError);
  try {
    static_cast<void>(question_of("fleet=a"));
    ADD_FAILURE() << "it was taken";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("only /api/v1/query and"), std::string::npos);
  }
}

TEST(ServePlaces, TextsComeBack) {
  const Place place{1'700'000'000'123'456'789, 3, ~std::uint64_t{0}};
  EXPECT_EQ(parse_place(place_text(place)), place);
  for (const char* text :
       {"", ".", "..", "1.2", "1.2.3.4", "1.2.x", "-1.2.3", " 1.2.3", "1.2.3 "}) {
    EXPECT_FALSE(parse_place(text)) << text;
  }
}

AccessRules rules_of(bool tls) {
  AccessRules rules;
  rules.tls = tls;
  rules.port = 9118;
  rules.hosts = {"127.0.0.1", "[::1]"};
  rules.certified = [](const std::string& host) { return host == "sensor.example"; };
  rules.tokens = {{"alice", "0123456789012345678901"}, {"bob", "abcdefghijklmnopqrstuv"}};
  return rules;
}

TEST(ServeAccess, HostAndOrigin) {
  const Access access(rules_of(true));
  const auto fine = [&](std::string_view host, std::string_view origin = {}) {
    return access.foreign({host, origin, {}, {}}).empty();
  };
  EXPECT_TRUE(fine("127.0.0.1:9118"));
  EXPECT_TRUE(fine("[::1]:9118"));
  EXPECT_TRUE(fine("Sensor.Example:9118", "https://sensor.example:9118"));
  EXPECT_FALSE(fine("sensor.example"));
  EXPECT_FALSE(fine("sensor.example:9118", "http://sensor.example:9118"));
  EXPECT_FALSE(fine("sensor.example:9118", "https://127.0.0.1:9118"));
  for (const char* host :
       {"", ":", ":9118", "[::1]", "127.0.0.1:91180", "127.0.0.1:9118 ", "[::1", "a]:9118"}) {
    EXPECT_FALSE(fine(host)) << host;
  }
}

// Through a connection that was dialled, the name is the certificate's all the same.
TEST(ServeAccess, WhatIsDialledHasNoPort) {
  AccessRules rules = rules_of(true);
  rules.dials = true;
  const Access access(rules);
  const auto fine = [&](std::string_view host, std::string_view origin = {}) {
    return access.foreign({host, origin, {}, {}}).empty();
  };
  EXPECT_TRUE(fine("sensor.example", "https://sensor.example"));
  EXPECT_TRUE(fine("sensor.example:9118"));
  for (const char* host : {"", "other.example", "sensor.example:9119", "sensor.example:", "[::1"}) {
    EXPECT_FALSE(fine(host)) << host;
  }
  EXPECT_FALSE(fine("sensor.example", "https://other.example"));
}

TEST(ServeAccess, TicketsAreForOneTargetAndAShortTime) {
  const Access access(rules_of(false));
  const std::string ticket = access.ticket("alice", "/api/v1/query?filter=tcp", 1000);
  const auto holder = [&](std::string_view target, std::uint64_t now) {
    return access.ticket_holder(ticket, target, now);
  };
  EXPECT_EQ(holder("/api/v1/query?filter=tcp", 1000), "alice");
  EXPECT_EQ(holder("/api/v1/query?filter=tcp", 1000 + Access::kTicketSeconds), "alice");
  EXPECT_FALSE(holder("/api/v1/query?filter=tcp", 1001 + Access::kTicketSeconds));
  EXPECT_FALSE(holder("/api/v1/query?filter=tcp", 999));
  EXPECT_FALSE(holder("/api/v1/query?filter=udp", 1000));
  EXPECT_FALSE(Access(rules_of(false)).ticket_holder(ticket, "/api/v1/query?filter=tcp", 1000));
  for (std::size_t i = 0; i < ticket.size(); ++i) {
    std::string other = ticket;
    other[i] = static_cast<char>(other[i] ^ 1);
    EXPECT_FALSE(access.ticket_holder(other, "/api/v1/query?filter=tcp", 1000)) << other;
    EXPECT_FALSE(access.ticket_holder(ticket.substr(0, i), "/api/v1/query?filter=tcp", 1000));
  }
}

TEST(ServeAccess, TokensHaveNames) {
  const Access access(rules_of(false));
  EXPECT_EQ(access.holder("Bearer abcdefghijklmnopqrstuv"), "bob");
  EXPECT_FALSE(access.holder("Bearer abcdefghijklmnopqrstu"));
  EXPECT_FALSE(access.holder("bearer abcdefghijklmnopqrstuv"));
  EXPECT_EQ(
      parse_tokens("# x\n\nalice \t0123456789012345678901\r\nabcdefghijklmnopqrstuv", "f").size(),
      2U);
}

TEST(ServeLimits, QueriesAtOnceAndBytesAnHour) {
  LimitRules rules;
  rules.queries_at_once = 2;
  rules.bytes_an_hour = 100;
  ClientLimits limits(rules);
  EXPECT_TRUE(limits.begin("a", false, 10).why.empty());
  EXPECT_TRUE(limits.begin("a", false, 10).why.empty());
  EXPECT_EQ(limits.begin("a", false, 10).retry_after_s, 1U);
  EXPECT_TRUE(limits.begin("b", false, 10).why.empty());
  EXPECT_TRUE(limits.begin("a", true, 10).why.empty());
  limits.end("a", false, 99, 20);
  EXPECT_TRUE(limits.begin("a", false, 30).why.empty());
  limits.end("a", false, 1, 40);
  const Refusal late = limits.begin("a", false, 3600);
  EXPECT_FALSE(late.why.empty());
  EXPECT_EQ(late.retry_after_s, 10U);
  EXPECT_TRUE(limits.begin("a", false, 3610).why.empty());
}

TEST(ServeLimits, WrongTokensMakeAnAddressWait) {
  LimitRules rules;
  rules.guesses = 3;
  rules.guess_every_s = 5;
  ClientLimits limits(rules);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(limits.may_guess("x", 100).why.empty());
    limits.guessed_wrong("x", 100);
  }
  EXPECT_EQ(limits.may_guess("x", 100).retry_after_s, 5U);
  EXPECT_EQ(limits.may_guess("x", 104).retry_after_s, 1U);
  EXPECT_TRUE(limits.may_guess("y", 100).why.empty());
  EXPECT_TRUE(limits.may_guess("x", 105).why.empty());
  limits.guessed_wrong("x", 105);
  EXPECT_FALSE(limits.may_guess("x", 106).why.empty());
}

TEST(ServeLimits, TheTableIsBounded) {
  ClientLimits limits{LimitRules{}};
  EXPECT_TRUE(limits.begin("stays", false, 1).why.empty());
  for (std::size_t i = 0; i < ClientLimits::kMostClients + 100; ++i) {
    limits.guessed_wrong(std::to_string(i), 2 + i);
  }
  EXPECT_LE(limits.clients(), ClientLimits::kMostClients);
  limits.end("stays", false, 0, 3);
}

TEST(ServeTimeline, NothingIsLostInSpreading) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    const std::uint64_t step = 1 + random() % 1000;
    const TimeRange range{kNow, kNow + 1 + random() % 100'000};
    if ((range.until_ns - range.since_ns) / step >= kMostSteps) continue;
    Timeline timeline(range, step);
    const std::uint64_t end = timeline.begin_ns() + step * timeline.ticks().size();
    ASSERT_GE(end, range.until_ns);
    Tick expected;
    for (int i = 0; i < 20; ++i) {
      BlockFact block;
      block.first_ns = timeline.begin_ns() + random() % (end - timeline.begin_ns());
      block.last_ns = block.first_ns + random() % (end - block.first_ns);
      block.packets = random() % 1000;
      block.bytes = std::uint64_t{random()} * 1000;
      block.dropped = random() % 3;
      timeline.add(block);
      expected.packets += block.packets;
      expected.bytes += block.bytes;
      expected.lost += block.dropped;
    }
    Tick found;
    for (const Tick& tick : timeline.ticks()) {
      found.packets += tick.packets;
      found.bytes += tick.bytes;
      found.lost += tick.lost;
    }
    EXPECT_EQ(found.packets, expected.packets);
    EXPECT_EQ(found.bytes, expected.bytes);
    EXPECT_EQ(found.lost, expected.lost);
  }
}

TEST(ServeTimeline, WhatReachesOverTheEdgesIsCut) {
  Timeline timeline({1000, 2000}, 100);
  timeline.add({900, 1099, 200, 0, 0, 0, 0});
  timeline.add({1950, 2049, 100, 0, 0, 0, 0});
  timeline.add({0, 999, 5, 0, 0, 0, 0});
  timeline.add({2000, 3000, 5, 0, 0, 0, 0});
  EXPECT_EQ(timeline.ticks().front().packets, 100U);
  EXPECT_EQ(timeline.ticks().back().packets, 50U);
}

// Lost in front of the first packet: since when is known only as the start of the recorder.
TEST(ServeTimeline, ALossInFrontOfTheFirstPacketIsInTheFirstSteps) {
  const BlockFact block{1500, 1600, 1, 1, 100, 400, 1499};
  const auto lost = [&block](bool from_the_start) {
    Timeline timeline({1000, 2000}, 100, from_the_start);
    timeline.add(block);
    std::uint64_t sum = 0;
    for (const Tick& tick : timeline.ticks()) sum += tick.lost;
    return sum;
  };
  EXPECT_EQ(lost(true), 100U);
  EXPECT_LT(lost(false), 100U) << "of a range that somebody chose";
}

TEST(ServeTimeline, StepsAreRound) {
  EXPECT_EQ(round_step_ns(600 * kSecond, 600), 2 * kSecond);
  EXPECT_EQ(round_step_ns(7 * 86400 * kSecond, 600), 30 * 60 * kSecond);
  for (std::uint64_t span = 1; span < (std::uint64_t{1} << 62); span *= 3) {
    EXPECT_LT(span / round_step_ns(span, 600), 600U) << span;
  }
}

TEST(ServeArchive, FilesOfARecordingShareAName) {
  EXPECT_EQ(series_of("/d/eth0_00001_20261128101500.pcapng"), "/d/eth0");
  EXPECT_EQ(series_of("/d/.eth0_00002_20261128101500.pcapng.part"), "/d/eth0");
  EXPECT_EQ(series_of("/d/a_1_2.pcap.gz"), "/d/a_1_2");
  EXPECT_EQ(series_of("/d/x.pcapng.zst"), "/d/x");
}

// However many ways lead to it.
// A file that need not be read is one of the recording's parts all the same.
TEST(ServeArchive, WhatIsLeftOutIsKnownToBeThere) {
  RecordingPlace ring;
  ring.mark = {kRecordingMarkMagic, 1, 1, 1, {1}};
  ring.interface = "eth0";
  ring.ring = {1, 2};
  FileFacts facts;
  facts.state = FileFacts::State::kIndexed;
  facts.whole = facts.has_ledger = facts.place_known = true;
  facts.packets = 1;
  facts.first_ns = facts.last_ns = 10;
  facts.place = ring;
  Listing listing;
  listing.set.files = {{"/a.ring0.pcapng"}};
  listing.facts = {facts};
  const Archive archive({});
  const auto absent = [&](const std::string& recording) {
    AbsentParts parts;
    std::vector<FileFacts> left_out;
    EXPECT_TRUE(archive.choose(listing, {100, 200}, recording, &left_out, &parts).files.empty());
    RecordingPlace other = ring;
    other.ring.ring = 2;
    parts.add(other, "/a.ring1.pcapng", 100, 110);
    return parts.absent({100, 200});
  };
  EXPECT_TRUE(absent("").empty());
  listing.facts[0].place.reset();
  EXPECT_EQ(absent("").size(), 1U) << "it is no part of it";
  listing.facts[0].place_known = false;
  EXPECT_TRUE(absent("").empty()) << "it may be any part";
  listing.facts[0].place_known = true;
  EXPECT_TRUE(absent("/a.ring1.pcapng").empty()) << "one series alone was asked for";
}

TEST(ServeArchive, AFileIsThereOnce) {
  const test::TempDir dir;
  const std::string root = dir.path();
  std::filesystem::create_directory(dir.path() / "sub");
  const std::vector<std::uint8_t> pcap{0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0,
                                       0,    0,    0,    0,    0, 0, 4, 0, 1, 0, 0, 0};
  dir.write("sub/a.pcap", pcap);
  std::filesystem::create_hard_link(dir.path() / "sub/a.pcap", dir.path() / "sub/b.pcap");
  Archive archive({root, root + "/none", root + "/sub/../sub"});
  const auto listing = archive.list();
  ASSERT_EQ(listing->set.files.size(), 1U);
  ASSERT_EQ(listing->set.troubles.size(), 1U);
  EXPECT_EQ(listing->set.troubles[0].path, root + "/none");
}

// Each is looked through once, and every listing behind that knows it.
TEST(ServeArchive, WhatHasNoIndexIsLookedThroughOnce) {
  const test::TempDir dir;
  std::uint64_t packets = 0;
  for (std::uint32_t i = 0; i < 5; ++i) {
    const test::IndexRecording recording(i, 10 + i);
    dir.write(fmt::format("{}.pcapng", i), recording.file.bytes);
    packets += 10 + i;
  }
  Archive archive({dir.path()}, 0);
  EXPECT_EQ(archive.list()->facts.front().reason, "it has no index");
  const std::atomic<bool> stop{false};
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(archive.survey_one(stop)) << i;
  EXPECT_FALSE(archive.survey_one(stop));
  const auto listing = archive.list();
  std::uint64_t found = 0;
  for (std::size_t i = 0; i < listing->facts.size(); ++i) {
    EXPECT_EQ(listing->facts[i].state, FileFacts::State::kSurveyed);
    found += listing->facts[i].packets;
    const auto blocks = archive.blocks(listing->set.files[i], listing->facts[i]);
    ASSERT_NE(blocks, nullptr);
    EXPECT_EQ(blocks->front().packets, listing->facts[i].packets);
  }
  EXPECT_EQ(found, packets);
}

// What its end lost came after its last packet, so that a question for the time behind it is asked
// of it too.
TEST(ServeArchive, AFileThatIsCutIsNeverLeftOut) {
  const test::TempDir dir;
  test::PcapngBuilder file;
  file.section();
  file.nanosecond_interface();
  append_opening_ledger(file.bytes, ClosingLedger{});
  const std::vector<std::uint8_t> packet(60, 1);
  for (std::uint64_t i = 0; i < 3; ++i) file.packet(0, kNow + i, packet, 60);
  const TimeRange after{kNow + kSecond, ~std::uint64_t{0}};
  const std::atomic<bool> stop{false};
  for (const bool cut : {false, true}) {
    if (cut) file.bytes.resize(file.bytes.size() - 10);
    dir.write("a.pcapng", file.bytes);
    Archive archive({dir.path()}, 0);
    EXPECT_TRUE(archive.survey_one(stop));
    const auto listing = archive.list();
    const FileFacts& facts = listing->facts.front();
    ASSERT_EQ(facts.state, FileFacts::State::kSurveyed) << facts.reason;
    ASSERT_TRUE(facts.has_ledger);
    ASSERT_EQ(facts.packets, cut ? 2U : 3U);
    EXPECT_EQ(archive.choose(*listing, after, "").files.size(), cut ? 1U : 0U) << cut;
  }
}

TEST(ServeArchive, AnIndexThatIsOfNoUseIsReadAgainWhenItChanged) {
  const test::TempDir dir;
  const std::string path = dir.write("a.pcapng", test::IndexRecording(1, 30).file.bytes);
  const std::vector<std::uint8_t> rubbish(100, 1);
  ASSERT_EQ(write_index_file(path, rubbish, false), 0);
  Archive archive({dir.path()}, 0);
  const auto state = [&archive] { return archive.list()->facts.front().state; };
  EXPECT_EQ(state(), FileFacts::State::kUnknown);
  const IndexedRecording made = index_recording(path, IndexRecordingOptions{});
  ASSERT_TRUE(made.refusal.empty()) << made.refusal;
  ASSERT_EQ(write_index_file(path, made.bytes, true), 0);
  EXPECT_EQ(state(), FileFacts::State::kIndexed);
}

TEST(ServeBlockCache, WhatWasUsedLastStays) {
  const auto blocks = [](std::uint64_t packets) {
    return std::make_shared<const BlockFacts>(6, BlockFact{1, 2, packets, 0, 0, 0, 0});
  };
  BlockCache cache(30);
  cache.put("a", 1, blocks(1));
  cache.put("b", 1, blocks(2));
  cache.put("c", 1, blocks(3));
  ASSERT_NE(cache.find("a", 1), nullptr);
  EXPECT_EQ(cache.find("a", 2), nullptr);
  cache.put("d", 1, blocks(4));
  EXPECT_EQ(cache.find("b", 1), nullptr);
  cache.put("a", 2, blocks(5));  // takes the place of the older one
  EXPECT_EQ(cache.find("a", 1), nullptr);
  EXPECT_EQ(cache.find("a", 2)->front().packets, 5U);
  EXPECT_NE(cache.find("c", 1), nullptr);
  EXPECT_NE(cache.find("d", 1), nullptr);
  cache.put("e", 1, std::make_shared<const BlockFacts>(1000));  // the one that is asked for stays
  EXPECT_NE(cache.find("e", 1), nullptr);
  EXPECT_EQ(cache.find("d", 1), nullptr);
}

TEST(ServeAnswer, ASlowReaderHoldsTheWriter) {
  Answer answer([] {});
  answer.begin(200, "x");
  std::thread writer([&] {
    for (int i = 0; i < 64; ++i) EXPECT_TRUE(answer.write(std::string(100'000, 'a')));
    answer.finish({{"T", "1"}});
  });
  std::vector<char> buffer(4096);
  std::size_t total = 0;
  while (true) {
    std::size_t count = 0;
    const Answer::Read result = answer.read(buffer.data(), buffer.size(), count, [] {});
    total += count;
    if (result == Answer::Read::kEnd) break;
    ASSERT_NE(result, Answer::Read::kFailed);
  }
  writer.join();
  EXPECT_EQ(total, 6'400'000U);
  EXPECT_EQ(answer.trailers().size(), 1U);
}

TEST(ServeAnswer, AWriterIsToldThatNobodyListens) {
  Answer answer([] {});
  answer.begin(200, "x");
  std::thread writer([&] {
    while (answer.write(std::string(100'000, 'a'))) {
    }
  });
  answer.leave();
  writer.join();
  EXPECT_TRUE(answer.stopped());
}

TEST(ServeAnswer, AnErrorBeforeTheFirstByteIsAnError) {
  Answer answer([] {});
  answer.begin(200, "x");
  answer.whole(500, "y", "body");
  Answer::Head head;
  ASSERT_TRUE(answer.wait_head(head, [] {}));
  EXPECT_EQ(head.status, 500U);
  Answer late([] {});
  late.begin(200, "x");
  EXPECT_TRUE(late.write("a"));
  ASSERT_TRUE(late.wait_head(head, [] {}));
  late.whole(500, "y", "body");
  char byte = 0;
  std::size_t count = 0;
  EXPECT_EQ(late.read(&byte, 1, count, [] {}), Answer::Read::kBytes);
  EXPECT_EQ(late.read(&byte, 1, count, [] {}), Answer::Read::kFailed);
}

TEST(ServeAnswer, WhoWaitsIsWoken) {
  int woken = 0;
  int paused = 0;
  Answer answer([&] { ++woken; });
  Answer::Head head;
  EXPECT_FALSE(answer.wait_head(head, [&] { ++paused; }));
  answer.begin(200, "x");
  EXPECT_EQ(woken, 0);
  EXPECT_TRUE(answer.write("a"));
  EXPECT_EQ(woken, 1);
  answer.abandon();
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(paused, 1);
}

TEST(ServeAnswer, WhatWasAbandonedStaysSo) {
  Answer answer([] {});
  ASSERT_TRUE(answer.take_up());
  answer.abandon();
  answer.begin(200, "x");  // by a worker that does not know yet
  EXPECT_FALSE(answer.write("a"));
  Answer::Head head;
  EXPECT_TRUE(answer.wait_head(head, [] { ADD_FAILURE() << "nobody would wake it"; }));
  EXPECT_EQ(head.status, 0U);
  Answer early([] {});
  early.abandon();
  EXPECT_FALSE(early.take_up());
}

TEST(ServeAnswer, OnlyWhatNobodyTookUpIsDeclined) {
  int woken = 0;
  Answer waiting([&] { ++woken; });
  Answer::Head head;
  EXPECT_FALSE(waiting.wait_head(head, [] {}));
  EXPECT_TRUE(waiting.decline(503, "x", "later", {{"Retry-After", "5"}}));
  EXPECT_EQ(woken, 1);
  EXPECT_FALSE(waiting.take_up());
  EXPECT_FALSE(waiting.decline(503, "x", "again", {}));
  ASSERT_TRUE(waiting.wait_head(head, [] {}));
  EXPECT_EQ(head.status, 503U);
  EXPECT_EQ(head.body, "later");
  Answer running([] {});
  EXPECT_TRUE(running.take_up());
  EXPECT_FALSE(running.decline(503, "x", "later", {}));
}

// What answers at a status socket may be anybody's.
TEST(ServeRecorders, AnAnswerThatIsNestedWithoutEndIsNone) {
  const test::TempDir folder;
  ASSERT_EQ(::setenv("XDG_RUNTIME_DIR", folder.path().c_str(), 1), 0);
  std::filesystem::create_directory(folder.path() / "capstan");
  const std::string path = folder.path() / "capstan" / "deep.sock";
  const UniqueFd listening(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT_LT(path.size(), sizeof(address.sun_path));
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(listening.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(::listen(listening.get(), 8), 0);
  constexpr std::size_t kDeep = 1'000'000;
  std::thread hostile([&listening] {
    const UniqueFd client(::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const std::string text =
        "{\"stats\":" + std::string(kDeep, '[') + std::string(kDeep, ']') + "}";
    std::string_view rest = text;
    while (!rest.empty()) {
      const ssize_t sent = ::send(client.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
  });
  RecorderWatch recorders;
  const std::string status = recorders.status();
  hostile.join();
  EXPECT_LT(status.size(), 10'000U);
  EXPECT_NE(status.find("what answers there is no recorder"), std::string::npos) << status;
}

TEST(ServeLog, ATargetIsWholeOrMarked) {
  const std::string longest = "/q?filter=" + std::string(kLongestTarget - 10, 'a');
  ASSERT_EQ(longest.size(), kLongestTarget);
  EXPECT_EQ(loggable_target(longest), longest);
  EXPECT_EQ(loggable_target(longest + "b"), longest + "...");
  EXPECT_EQ(loggable_target("/q?limit=1&ticket=secret&x=1"), "/q?limit=1&ticket=...");
  EXPECT_EQ(loggable_target("/q?" + std::string(6000, 'a') + "&ticket=secret").size(), 6014U);
}

TEST(ServeCompleteness, WhatIsKnownToBeMissingGoesBeforeWhatIsNotSaid) {
  Completeness completeness;
  EXPECT_STREQ(tools::completeness_word(completeness), "yes");
  completeness.silent.emplace_back("a.pcap");
  EXPECT_STREQ(tools::completeness_word(completeness), "unknown");
  completeness.limit = "limit=5";
  EXPECT_STREQ(tools::completeness_word(completeness), "unknown");
  completeness.interrupted = true;
  EXPECT_STREQ(tools::completeness_word(completeness), "no");
  EXPECT_TRUE(tools::completeness_text(completeness).starts_with("not complete: "));
  completeness.interrupted = false;
  completeness.lost = 3;
  EXPECT_STREQ(tools::completeness_word(completeness), "no");
}

// A kernel that gives two threads and no third is an error, and no end of the process.
TEST(ServeWorkers, AThreadThatIsRefusedIsAnError) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody who has no process";
  constexpr uid_t kNobodyElse = 61'234;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const rlimit three{3, 3};
    if (::setresuid(kNobodyElse, kNobodyElse, kNobodyElse) != 0) ::_exit(3);
    if (::setrlimit(RLIMIT_NPROC, &three) != 0) ::_exit(4);
    try {
      const WorkerPool pool(8, 1);
    } catch (const std::system_error&) {
      ::_exit(0);
    }
    ::_exit(5);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

// Nobody connects to a sensor that dials: the port of the address that its certificate has stays
// closed to this process.
TEST(ServeFleets, OnlyPortsThatAreConnectedToAreOpened) {
  const test::TempDir folder;
  const auto ports_of = [&](const std::string& text) {
    return Fleets({folder.write("fleet.toml",
                                {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()})})
        .ports();
  };
  const std::string dials = "[[sensor]]\nname = 'berlin'\ndial = 'berlin'\n";
  const std::string named =
      "[[sensor]]\nname = 'rome'\ndial = 'rome'\nurl = 'https://rome.example:9443'\n";
  const std::string called = "[[sensor]]\nname = 'paris'\nurl = 'https://paris:9118'\n";
  EXPECT_EQ(ports_of(dials + named), std::vector<std::uint16_t>{});
  EXPECT_EQ(ports_of(dials + called), std::vector<std::uint16_t>{9118});
}

TEST(ServeAnswer, TheEndOfItsTimeIsNotTheClientsLeaving) {
  const auto late = std::make_shared<Answer>([] {});
  late->stop(true);
  EXPECT_TRUE(late->stopped().load() && late->timed_out());
  EXPECT_FALSE(late->gone().load());
  late->leave();
  EXPECT_TRUE(late->gone().load());
  const auto left = std::make_shared<Answer>([] {});
  left->stop(false);
  EXPECT_TRUE(left->stopped().load() && left->gone().load() && !left->timed_out());
}

TEST(ServePages, AreAllThere) {
  EXPECT_NE(page_at("/"), nullptr);
  EXPECT_NE(page_at("/app.js"), nullptr);
  for (const char* path :
       {"", "/index.html", "/openapi.json", "//app.js", "/../app.js", "app.js"}) {
    EXPECT_EQ(page_at(path), nullptr) << path;
  }
  for (const Page& page : pages()) EXPECT_NE(page.type[0], '\0') << page.name;
}

}  // namespace
}  // namespace capstan::serve
