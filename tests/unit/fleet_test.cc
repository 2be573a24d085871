// Asking many sensors, without a socket: the fleet's file, the spool, conditions as SQL, what a
// sensor has compared with the database, and the words.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <nlohmann/json.hpp>
#include <random>

#include "engine/core/errors.h"
#include "tests/support/temp_dir.h"
#include "tools/common/link_filter.h"
#include "tools/fleet/fleet_file.h"
#include "tools/fleet/fleet_report.h"
#include "tools/fleet/sensor_fetch.h"
#include "tools/fleet/sensor_files.h"
#include "tools/fleet/spool.h"
#include "tools/fleet/table_condition.h"

namespace capstan::fleet::asking {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string write(const test::TempDir& folder, const std::string& name, const std::string& text) {
  return folder.write(name, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

// A file that only its owner can read.
void write_secret(const test::TempDir& folder, const std::string& name, const std::string& text) {
  std::filesystem::permissions(write(folder, name, text), std::filesystem::perms::owner_read);
}

constexpr const char* kBerlin = "[[sensor]]\nname = 'berlin'\nurl = 'https://berlin:9118/'\n";

TEST(FleetFile, IsRead) {
  const test::TempDir folder;
  for (const char* name : {"ca.pem", "own.pem", "own.key", "paris.pem", "paris.key"}) {
    write(folder, name, "-");
  }
  write_secret(folder, "word", "pass word\nsecond line\n");
  write_secret(folder, "token", "0123abcd\r\n");
  const FleetFile fleet = read_fleet_file(write(folder, "fleet.toml", std::string() + R"(
[database]
url = "https://clickhouse.example:8443"
name = "traffic"
user = "reader"
password_file = "word"
[tls]
ca = "ca.pem"
certificate = "own.pem"
key = "own.key"
[limits]
silence = "1m30s"
connect = 5
)" + kBerlin + R"(
[[sensor]]
name = "paris, 2nd"
url = "http://127.0.0.1:9118"
token_file = "token"
certificate = "paris.pem"
key = "paris.key"
)"));
  const std::string path = folder.path();
  EXPECT_EQ(fleet.database.url, "https://clickhouse.example:8443");
  EXPECT_EQ(fleet.database.database, "traffic");
  EXPECT_EQ(fleet.database.user, "reader");
  EXPECT_EQ(fleet.database.password, "pass word");
  EXPECT_EQ(fleet.database.tls.ca_file, path + "/ca.pem");
  EXPECT_EQ(fleet.silence_limit_ms, 90'000U);
  EXPECT_EQ(fleet.connect_limit_ms, 5000U);
  ASSERT_EQ(fleet.sensors.size(), 2U);
  EXPECT_EQ(fleet.name, "fleet");  // the file's
  const FleetFile named = read_fleet_file(
      write(folder, "other.toml", "name = \"all of them\"\n" + std::string(kBerlin)));
  EXPECT_EQ(named.name, "all of them");
  EXPECT_EQ(fleet.sensors[0].name, "berlin");
  EXPECT_EQ(fleet.sensors[0].url, "https://berlin:9118");
  EXPECT_EQ(fleet.sensors[0].tls.certificate, path + "/own.pem");
  EXPECT_EQ(fleet.sensors[1].token, "0123abcd");
  EXPECT_EQ(fleet.sensors[1].tls.ca_file, path + "/ca.pem");
  EXPECT_EQ(fleet.sensors[1].tls.key, path + "/paris.key");
}

TEST(FleetFile, MistakesAreNamedWithTheirLine) {
  const test::TempDir folder;
  write_secret(folder, "empty", "\n");
  write_secret(folder, "control", "s3cret\x1b[2J\n");
  write_secret(folder, "token", "s3cret\n");
  std::filesystem::permissions(write(folder, "open", "s3cret\n"),
                               std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  const std::string sensor = kBerlin;
  const struct {
    std::string text;
    const char* says;
  } cases[] = {
      {"", "no sensor"},
      {"sensor = 1\n", ":1: no sensor"},
      {"sensors = []\n" + sensor,
       ":1: there is no key 'sensors' here, but name, database, tls, limits, "
       "sensor; is 'sensor' meant?"},
      {sensor + "tokenfile = 'x'\n", ":4: there is no key 'tokenfile' in [[sensor]]"},
      {sensor + "token_file = 'none'\n", ":4: "},
      {sensor + "token_file = 'empty'\n", "its first line is empty"},
      {sensor + "token_file = 'control'\n", "its first line is none"},
      {sensor + "token_file = 'open'\n", "everybody here can read it: chmod 640"},
      {sensor + "[[sensor]]\nname = 'berlin'\nurl = 'https://other:1'\n",
       ":5: two sensors have the name 'berlin': the other one is in line 1"},
      {sensor + "[[sensor]]\nname = 'b2'\nurl = 'https://berlin:9118'\n",
       ":6: 'berlin' has this address already"},
      {"[[sensor]]\nurl = 'https://a'\n", ":1: 'name' is missing"},
      {"[[sensor]]\nname = 'a'\n", ":1: 'url' is missing"},
      {"[[sensor]]\nname = 'a'\nurl = 'https://me:secret@a/'\n", ":3: an address is"},
      {"[[sensor]]\nname = 'a'\nurl = 'a'\n", ":3: an address is"},
      {"[[sensor]]\nname = 'a\\u001b[2J'\nurl = 'https://a'\n", "sensor"},
      {"[[sensor]]\nname = \"a\\u001b[2J\"\nurl = 'https://a'\n", ":2: a name is at most"},
      {"[[sensor]]\nname = 'a'\nurl = 'http://a'\ntoken_file = 'token'\n", "in the clear"},
      {"[[sensor]]\nname = 7\nurl = 'https://a'\n", ":2: 'name' wants a text"},
      {sensor + "certificate = 'token'\n", "go together"},
      {sensor + "ca = 'none.pem'\n", "No such file"},
      {"[limits]\nsilence = 'soon'\n" + sensor, ":2: "},
      {"[limits]\nsilence = 0\n" + sensor, ":2: "},
      {"[database]\nname = 'x'\n" + sensor, ":1: 'url' is missing"},
      {"[database\n" + sensor, ":1: "},
      {"database = 3\n" + sensor, ":1: 'database' is a section"},
  };
  for (const auto& one : cases) {
    try {
      read_fleet_file(write(folder, "fleet.toml", one.text));
      // The second name is a literal string: a backslash and so on, which is harmless.
      EXPECT_THAT(one.text, HasSubstr("name = 'a\\u001b")) << one.text;
    } catch (const UsageError& error) {
      EXPECT_THAT(error.what(), HasSubstr(one.says)) << one.text;
      EXPECT_THAT(error.what(), Not(HasSubstr("secret"))) << one.text;
      EXPECT_THAT(error.what(), Not(HasSubstr("s3cret"))) << one.text;
    }
  }
  std::string deep = "a";
  for (int i = 0; i < 50'000; ++i) deep += ".a";
  try {
    read_fleet_file(write(folder, "fleet.toml", sensor + "[" + deep + "]\n"));
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr(":4: a key of more than 16 dots"));
  }
  EXPECT_THROW(read_fleet_file(folder.path()), UsageError);
  EXPECT_THROW(read_fleet_file(folder.path() / "none"), UsageError);
}

TEST(FleetSpool, BytesComeOutAsTheyWentIn) {
  const test::TempDir folder;
  for (const unsigned seed : {1U, 2U, 3U}) {
    Spool spool(1000, folder.path());
    auto writer = std::async(std::launch::async, [&] {
      std::mt19937 random(seed);
      std::uint8_t next = 0;
      for (int i = 0; i < 3000; ++i) {
        std::vector<std::uint8_t> bytes(random() % 300);
        for (std::uint8_t& byte : bytes) byte = next++;
        EXPECT_TRUE(spool.write(bytes));
      }
      spool.finish();
    });
    std::mt19937 random(seed + 100);
    std::uint8_t next = 0;
    std::uint64_t count = 0;
    std::uint8_t buffer[700];
    while (const std::size_t size = spool.read(buffer, 1 + random() % sizeof(buffer))) {
      for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(buffer[i], next++);
      count += size;
    }
    writer.get();
    EXPECT_EQ(count, spool.bytes());
  }
}

TEST(FleetSpool, WhatDoesNotFitWaitsInAFileWithoutAName) {
  const test::TempDir folder;
  Spool spool(1000, folder.path());
  const std::vector<std::uint8_t> bytes(600, 7);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(spool.write(bytes));
  EXPECT_EQ(spool.bytes_in_file(), 9U * 600);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  spool.finish();
  std::vector<std::uint8_t> all(10'000);
  std::size_t count = 0;
  while (const std::size_t size = spool.read(all.data() + count, all.size() - count)) count += size;
  EXPECT_EQ(count, 6000U);
  spool.leave();
  EXPECT_FALSE(spool.write(bytes));
  Spool none(10, folder.path() / "none");
  EXPECT_THROW(none.write(bytes), std::system_error);
}

std::string condition_of(const std::string& filter, bool inner = false) {
  tools::LinkFilter compiled(filter, RecordingSet{});
  std::vector<LinkCondition> links;
  for (const std::uint16_t type : {link_type::kEthernet, link_type::kRaw}) {
    links.push_back({type, FilterCondition(compiled.program(type), type)});
  }
  return flows_condition(links, inner, {18, 16});
}

TEST(FleetSpool, WhatWaitsOnDiskIsBounded) {
  const test::TempDir folder;
  const auto room = std::make_shared<SpoolRoom>(10'000);
  const std::vector<std::uint8_t> bytes(4000, 7);
  Spool one(100, folder.path().string(), room);
  ASSERT_TRUE(one.write(bytes));
  {
    Spool other(100, folder.path().string(), room);
    ASSERT_TRUE(other.write(bytes));
    EXPECT_THROW(static_cast<void>(other.write(bytes)), std::runtime_error);
    EXPECT_THROW(static_cast<void>(one.write(bytes)), std::runtime_error);
    EXPECT_EQ(room->used_bytes.load(), 8000U);
  }
  EXPECT_EQ(room->used_bytes.load(), 4000U);
  std::vector<std::uint8_t> got(4000);
  ASSERT_EQ(one.read(got.data(), got.size()), 4000U);  // caught up: its file is empty again
  EXPECT_EQ(room->used_bytes.load(), 0U);
  ASSERT_TRUE(one.write(bytes));
}

TEST(FleetCondition, NamesWhatTheFilterNeeds) {
  const std::string host = condition_of("host 10.1.2.3");
  EXPECT_THAT(host,
              HasSubstr("client = toFixedString(unhex('00000000000000000000FFFF0A010203'), 16)"));
  EXPECT_THAT(host, HasSubstr("link_type NOT IN (1, 101)"));
  const std::string net = condition_of("src net 10.0.0.0/8");
  EXPECT_THAT(net,
              HasSubstr("client >= toFixedString(unhex('00000000000000000000FFFF0A000000'), 16)"
                        " AND client <= toFixedString(unhex('00000000000000000000FFFF0AFFFFFF')"));
  const std::string six = condition_of("ip6 src host 2001:db8::1");
  EXPECT_THAT(six,
              HasSubstr("client = toFixedString(unhex('20010DB8000000000000000000000001'), 16)"));
  EXPECT_THAT(condition_of("tcp port 443"), HasSubstr("server_port = 443"));
  EXPECT_THAT(condition_of("portrange 20-30"), HasSubstr("client_port >= 20"));
  EXPECT_THAT(condition_of("vlan 7"), HasSubstr("bitAnd(vlan_outer, 4095)"));
  EXPECT_THAT(condition_of("ether host 02:00:00:00:00:01"), HasSubstr("substring(client_mac, "));
  EXPECT_THAT(condition_of("host 10.1.2.3", true), HasSubstr("tunnel != 0"));
}

TEST(FleetCondition, IsAlwaysWhereNothingIsKnown) {
  EXPECT_EQ(condition_of("greater 100"), "1");
  EXPECT_EQ(condition_of(""), "1");
  EXPECT_EQ(flows_condition({}, false, {18, 16}), "1");
}

// No text of the user's gets into a statement by a filter, and none becomes too long.
TEST(FleetCondition, IsBoundedAndHasNoForeignText) {
  std::string many = "host 10.0.0.1";
  for (int i = 2; i < 120; ++i) many += fmt::format(" or host 10.0.{}.{}", i / 256, i % 256);
  for (const std::string& filter :
       {many, std::string("not (") + many + ")", std::string("host 10.1.2.3 and not port 80"),
        std::string("ip6 net 2001:db8::/33 and udp")}) {
    const std::string text = condition_of(filter);
    EXPECT_LE(text.size(), kMostConditionBytes);
    EXPECT_EQ(
        text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
                               " ()=!<>,'*+"),
        text.npos)
        << text;
    EXPECT_EQ(std::count(text.begin(), text.end(), '('), std::count(text.begin(), text.end(), ')'));
  }
}

constexpr std::uint64_t kSecond = 1'000'000'000;
const TimeRange kHour{1'700'000'000 * kSecond, 1'700'003'600 * kSecond};

TableFile table_file(const std::string& name, std::uint64_t matching) {
  TableFile file;
  file.name = name;
  file.size_bytes = 1000;
  file.losses_known = true;
  file.matching = matching;
  return file;
}

nlohmann::json sensor_file(const std::string& name, std::uint64_t lost = 0) {
  return {{"file", "/var/lib/capstan/" + name},
          {"state", "indexed"},
          {"stored_bytes", 1000},
          {"first", "2023-11-14T22:20:00.000000001Z"},
          {"last", "2023-11-14T22:30:00Z"},
          {"packets", 10},
          {"packets_lost", lost}};
}

std::string page(std::vector<nlohmann::json> files, std::size_t in_all) {
  return nlohmann::json{
      {"files", files}, {"files_in_all", in_all}, {"troubles", nlohmann::json::array()}}
      .dump();
}

using Page = SensorFiles::Page;

TEST(FleetSensorFiles, WhatRowsRuleOutNeedNotBeAsked) {
  const std::vector<TableFile> known = {table_file("a", 0), table_file("b", 0)};
  SensorFiles files(known, kHour);
  ASSERT_EQ(files.add_page(page({sensor_file("a", 3)}, 2)), Page::kTaken);
  EXPECT_TRUE(files.has_more());
  EXPECT_EQ(files.next_offset(), 0U);  // of "a", where both pages meet
  ASSERT_EQ(files.add_page(page({sensor_file("a", 3), sensor_file("b", 4)}, 2)), Page::kTaken);
  EXPECT_FALSE(files.has_more());
  EXPECT_FALSE(files.must_be_asked());
  EXPECT_EQ(files.lost(), 7U);
  EXPECT_EQ(files.deleted().files, 0U);
}

TEST(FleetSensorFiles, WhatIsNotKnownIsAsked) {
  const std::vector<TableFile> known = {table_file("a", 0)};
  const auto asked = [&](const nlohmann::json& file, const std::vector<TableFile>& rows) {
    SensorFiles files(rows, kHour);
    EXPECT_EQ(files.add_page(page({file}, 1)), Page::kTaken);
    return files.must_be_asked();
  };
  EXPECT_FALSE(asked(sensor_file("a"), known));
  EXPECT_TRUE(asked(sensor_file("a"), {table_file("a", 1)}));
  EXPECT_TRUE(asked(sensor_file("other"), known));
  nlohmann::json larger = sensor_file("a");
  larger["stored_bytes"] = 1001;  // another file of this name
  EXPECT_TRUE(asked(larger, known));
  nlohmann::json growing = sensor_file("b");
  growing.erase("first");
  growing.erase("packets");
  EXPECT_TRUE(asked(growing, known));
  nlohmann::json earlier = sensor_file("b");
  earlier["first"] = "2023-11-14T20:00:00Z";
  earlier["last"] = "2023-11-14T21:00:00Z";
  EXPECT_FALSE(asked(earlier, known));
  TableFile unlisted = table_file("a", 0);
  unlisted.has_unlisted = true;
  EXPECT_TRUE(asked(sensor_file("a"), {unlisted}));

  nlohmann::json silent = sensor_file("a");
  silent["packets_lost"] = nullptr;
  SensorFiles files(known, kHour);
  EXPECT_EQ(files.add_page(page({silent}, 1)), Page::kTaken);
  EXPECT_FALSE(files.lost());
}

TEST(FleetSensorFiles, WhatIsGoneIsCounted) {
  const std::vector<TableFile> known = {table_file("a", 2), table_file("b", 3), table_file("c", 0),
                                        table_file("d", 5)};
  SensorFiles files(known, kHour);
  ASSERT_EQ(files.add_page(page({sensor_file("a"), sensor_file("d.zst")}, 2)), Page::kTaken);
  EXPECT_TRUE(files.must_be_asked());
  EXPECT_EQ(files.deleted().files, 2U);
  EXPECT_EQ(files.deleted().matching, 3U);
}

TEST(FleetSensorFiles, NamesNeedNotBeText) {
  const std::vector<TableFile> known = {table_file("a\xff'\n", 0)};
  SensorFiles files(known, kHour);
  ASSERT_EQ(files.add_page(page({sensor_file("a\xef\xbf\xbd'\n")}, 1)), Page::kTaken);
  EXPECT_FALSE(files.must_be_asked());
  EXPECT_EQ(files.deleted().files, 0U);
}

TEST(FleetSensorFiles, AnotherAnswerIsNone) {
  const std::vector<TableFile> known;
  for (const char* text : {"", "[]", "{}", "null", "{\"files\":3,\"files_in_all\":1}",
                           "{\"files\":[3],\"files_in_all\":1}", "{\"files\":[]}"}) {
    SensorFiles files(known, kHour);
    EXPECT_EQ(files.add_page(text), Page::kNone) << text;
  }
  SensorFiles files(known, kHour);
  EXPECT_EQ(files.add_page("{\"files\":[],\"files_in_all\":99}"), Page::kNone);  // not for ever
  EXPECT_EQ(files.add_page("{\"files\":[],\"files_in_all\":0}"), Page::kTaken);
  EXPECT_FALSE(files.has_more());
  SensorFiles odd(known, kHour);
  EXPECT_EQ(
      odd.add_page("{\"files\":[{\"file\":7,\"first\":[],\"packets\":-1}],\"files_in_all\":1}"),
      Page::kTaken);
}

// What came or went between two pages moves the others over the edge.
TEST(FleetSensorFiles, AListThatMovesIsNotTaken) {
  const std::vector<TableFile> known = {table_file("a", 0), table_file("b", 0), table_file("c", 0)};
  const auto second = [&](const std::string& next) {
    SensorFiles files(known, kHour);
    EXPECT_EQ(files.add_page(page({sensor_file("a"), sensor_file("b")}, 3)), Page::kTaken);
    EXPECT_EQ(files.next_offset(), 1U);
    return files.add_page(next);
  };
  EXPECT_EQ(second(page({sensor_file("b"), sensor_file("c")}, 3)), Page::kTaken);
  EXPECT_EQ(second(page({sensor_file("b")}, 2)), Page::kMoved);                    // "c" went
  EXPECT_EQ(second(page({sensor_file("c")}, 2)), Page::kMoved);                    // "a" went
  EXPECT_EQ(second(page({sensor_file("c"), sensor_file("d")}, 3)), Page::kMoved);  // and "d" came
  EXPECT_EQ(second(page({sensor_file("b"), sensor_file("c")}, 4)), Page::kMoved);
  EXPECT_EQ(second(page({}, 0)), Page::kMoved);
  EXPECT_EQ(second(page({sensor_file("b")}, 3)), Page::kNone);  // no further file: not for ever
}

TEST(FleetSensorFiles, ReadsTheDateOfAnAnswer) {
  tools::HttpResponse head;
  EXPECT_FALSE(http_date(head));
  head.headers = {{"date", "Sun, 06 Nov 1994 08:49:37 GMT"}};
  EXPECT_EQ(http_date(head), 784'111'777U);
  for (const char* text : {"", "now", "Sun, 06 Nov 1994 08:49:37 GMT and more"}) {
    head.headers = {{"Date", text}};
    EXPECT_FALSE(http_date(head)) << text;
  }
}

// An answer may take long: only what lies outside of that time is a difference.
TEST(FleetSensorFiles, AClockIsOffOutsideOfTheTimeOfAnAnswer) {
  constexpr std::uint64_t kAsked = 1000 * kSecond;
  constexpr std::uint64_t kAnswered = 1090 * kSecond + 999'999'999;
  EXPECT_EQ(clock_difference_s(1000, kAsked, kAnswered), 0);
  EXPECT_EQ(clock_difference_s(1090, kAsked, kAnswered), 0);
  EXPECT_EQ(clock_difference_s(999, kAsked, kAnswered), -1);
  EXPECT_EQ(clock_difference_s(4690, kAsked, kAnswered), 3600);
  EXPECT_EQ(clock_difference_s(0, kAsked, kAnswered), -1000);
}

TEST(FleetQuestion, IsEncoded) {
  EXPECT_EQ(sensor_question({{}, "", false}, 0).target, "/api/v1/query");
  EXPECT_EQ(sensor_question({{5, 1'500'000'000}, "host a & b", true}, 7).target,
            "/api/v1/query?since=%400.000000005&until=%401.500000000&filter=host%20a%20%26%20b&"
            "inner=1&limit=7");
}

SensorResult result_of(const std::string& name, SensorState state, const std::string& why = "") {
  SensorResult result;
  result.name = name;
  result.state = state;
  result.why = why;
  result.packets = state == SensorState::kNoAnswer ? 0 : 1234;
  return result;
}

TEST(FleetReport, IsWholeWhenEverySensorIs) {
  FleetReport report;
  report.range = kHour;
  report.sensors = {result_of("berlin", SensorState::kWhole),
                    result_of("paris", SensorState::kWhole)};
  EXPECT_STREQ(fleet_word(report), "yes");
  EXPECT_EQ(fleet_text(report),
            "complete: all 2 sensors are whole in this time\n"
            "berlin: whole (1,234 packets)\nparis: whole (1,234 packets)\n");
  EXPECT_EQ(fleet_text(report, 1),
            "complete: all 2 sensors are whole in this time\n"
            "berlin: whole (1,234 packets)\nand 1 more that are whole\n");
}

TEST(FleetReport, NamesEachSensorThatIsNot) {
  FleetReport report;
  report.range = kHour;
  SensorResult lost = result_of("lost", SensorState::kLost, "not complete: 7 packets lost");
  lost.lost = 7;
  SensorResult deleted = result_of("deleted", SensorState::kWhole);
  deleted.deleted_files = 2;
  deleted.deleted_matching = 5;
  SensorResult late = result_of("late", SensorState::kWhole);
  late.clock_off_s = -3600;
  report.sensors = {lost,
                    deleted,
                    late,
                    result_of("dead", SensorState::kNoAnswer, "dead:1: why"),
                    result_of("cut", SensorState::kEndedEarly),
                    result_of("slow", SensorState::kSilent),
                    result_of("web", SensorState::kNotPcapng),
                    result_of("shy", SensorState::kRefused)};
  report.unnamed = {{"madrid", 3, 4}, {"rome", 1, 0}};
  report.database_error = "db:8123: no connection";
  EXPECT_STREQ(fleet_word(report), "no");
  const std::string text = fleet_text(report);
  EXPECT_EQ(text.find("not complete: 0 of 8 sensors whole\n"), 0U) << text;
  for (const char* line :
       {"lost: not complete: 7 packets lost (1,234 packets)\n",
        "deleted: 2 files of this time are not there any more (retention?): 5 conversations in the "
        "database may have been yours\n",
        "late: its clock is 1 h 00 min 00 s behind ours: what it recorded in this time has other "
        "times\n",
        "dead: did not answer: dead:1: why\n", "cut: stopped in the middle (1,234 packets)\n",
        "slow: stopped in the middle (1,234 packets)\n",
        "web: answered something that is not pcapng (1,234 packets)\n",
        "shy: refused to answer (1,234 packets)\n",
        "madrid: in the database, but not named here, so not asked: 4 conversations of this time "
        "may be "
        "yours\n",
        "the database gave no answer, so every sensor was asked: db:8123: no connection\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(text, Not(HasSubstr("rome")));
  const nlohmann::ordered_json json = fleet_json(report);
  EXPECT_FALSE(json["complete"].get<bool>());
  EXPECT_EQ(json["sensors"].size(), 8U);
  EXPECT_EQ(json["sensors"][0]["packets_lost"], 7);
  EXPECT_EQ(json["sensors"][2]["clock_off_s"], -3600);
  EXPECT_EQ(json["sensors"][3]["state"], "no answer");
}

TEST(FleetReport, TwoMachinesOfOneNameAreNotOne) {
  SensorResult two = result_of("berlin", SensorState::kWhole);
  two.address = "192.0.2.1";
  two.namesakes = {{Namesake::Kind::kOther, "192.0.2.2"}, {Namesake::Kind::kPretends, "192.0.2.9"}};
  SensorResult silent = result_of("paris", SensorState::kWhole);
  silent.namesakes = {{Namesake::Kind::kSilent, "192.0.2.3"}};
  SensorResult claimed = result_of("rome", SensorState::kWhole);
  claimed.namesakes = {{Namesake::Kind::kPretends, "192.0.2.4"},
                       {Namesake::Kind::kPretends, "192.0.2.5"}};
  SensorResult lost = result_of("oslo", SensorState::kLost, "not complete: 7 packets lost");
  lost.address = "192.0.2.6";
  lost.namesakes = {{Namesake::Kind::kOther, "192.0.2.7"}};
  FleetReport report;
  for (SensorResult* const one : {&two, &silent, &claimed, &lost}) {
    qualify(*one);
    report.sensors.push_back(*one);
  }
  const std::string text = fleet_text(report);
  EXPECT_EQ(text.find("not complete: 1 of 4 sensors whole\n"), 0U) << text;
  for (const char* line :
       {"berlin: not whole: 2 machines answer to its name, at 192.0.2.1 and 192.0.2.2: this is the "
        "answer of the first alone (1,234 packets)\n",
        "berlin: its name is said from 192.0.2.9 too, where nobody showed its certificate\n",
        "paris: not known to be whole: another machine has answered to its name at 192.0.2.3, and "
        "does not now (1,234 packets)\n",
        "rome: whole (1,234 packets)\n",
        "rome: its name is said from 192.0.2.4 and 1 other place too, where nobody showed",
        "oslo: not complete: 7 packets lost; 2 machines answer to its name"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  report.sensors = {silent, claimed};
  EXPECT_STREQ(fleet_word(report), "unknown");
  report.sensors = {claimed};
  EXPECT_STREQ(fleet_word(report), "yes");
}

TEST(FleetReport, PacketsOutOfOrderAreSaid) {
  FleetReport report;
  report.sensors = {result_of("mixed", SensorState::kWhole)};
  report.sensors[0].late_packets = 3;
  report.sensors[0].late_by_ns = SensorResult::kOrderToleranceNs;
  qualify(report.sensors[0]);
  EXPECT_TRUE(report.whole());
  report.sensors[0].late_by_ns = 3 * kSecond;
  qualify(report.sensors[0]);
  EXPECT_STREQ(fleet_word(report), "unknown");
  EXPECT_THAT(fleet_text(report),
              HasSubstr("mixed: not known to be whole: 3 packets of it came behind later ones, by "
                        "up to 3.000 s: was its clock set? (1,234 packets)\n"));
}

TEST(FleetReport, WhatWasDeletedMayBeUnknown) {
  FleetReport report;
  report.sensors = {result_of("busy", SensorState::kWhole)};
  report.sensors[0].deleted_known = false;
  EXPECT_FALSE(report.whole());
  EXPECT_STREQ(fleet_word(report), "unknown");
  EXPECT_THAT(fleet_text(report), HasSubstr("busy: its list of files could not be read to its end: "
                                            "what retention deleted is not known\n"));
  EXPECT_TRUE(fleet_json(report)["sensors"][0]["files_deleted"].is_null());
  report.sensors[0].state = SensorState::kNoAnswer;  // says it already
  EXPECT_THAT(fleet_text(report), Not(HasSubstr("its list of files")));
}

TEST(FleetReport, AWrongClockMattersWhereATimeIsAsked) {
  FleetReport report;
  report.sensors = {result_of("late", SensorState::kWhole)};
  report.sensors[0].clock_off_s = 3;
  EXPECT_TRUE(report.whole());
  EXPECT_THAT(fleet_text(report), HasSubstr("late: its clock is 3.000 s ahead of ours\n"));
  report.range = kHour;
  EXPECT_FALSE(report.whole());
  report.sensors[0].clock_off_s = SensorResult::kClockToleranceS;
  EXPECT_TRUE(report.whole());
  report.sensors[0].state = SensorState::kUnknown;
  EXPECT_STREQ(fleet_word(report), "unknown");
  report.interrupted = true;
  EXPECT_STREQ(fleet_word(report), "no");
}

}  // namespace
}  // namespace capstan::fleet::asking
