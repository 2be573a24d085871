// `capstan ship` into Kafka: librdkafka's mock cluster, which speaks the protocol over sockets,
// with errors of brokers put in. A mock does not undo what a transaction sent before it was
// aborted: what is told of here is what is committed, by the keys of messages.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include "engine/core/errors.h"
#include "tests/support/index_traffic.h"
#include "tests/support/temp_dir.h"
#include "tools/ship/kafka_sink.h"
#include "tools/ship/shipper.h"

namespace capstan::fleet {
namespace {

using test::TempDir;

// Numbers of requests (kafka.apache.org/protocol).
constexpr std::int16_t kProduce = 0;
constexpr std::int16_t kTxnOffsetCommit = 28;
constexpr std::int16_t kEndTxn = 26;

class Cluster {
 public:
  Cluster() {
    char problem[256] = {};
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
    owner_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, problem, sizeof(problem));
    cluster_ = rd_kafka_mock_cluster_new(owner_, 3);
    rd_kafka_mock_topic_create(cluster_, "flows", 4, 1);
  }
  ~Cluster() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(owner_);
  }
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  std::string brokers() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }
  void fail(std::int16_t request, rd_kafka_resp_err_t error, std::size_t times) {
    for (std::size_t i = 0; i < times; ++i) {
      rd_kafka_mock_push_request_errors(cluster_, request, 1, error);
    }
  }

  // Every message of the topic: its key, how often it is there, its text.
  std::map<std::string, std::vector<std::string>> messages() const {
    char problem[256] = {};
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    for (const auto& [name, value] :
         {std::pair<const char*, std::string>{"bootstrap.servers", brokers()},
          {"group.id", "reader"},
          {"enable.partition.eof", "true"},
          {"isolation.level", "read_committed"}}) {
      EXPECT_EQ(rd_kafka_conf_set(conf, name, value.c_str(), problem, sizeof(problem)),
                RD_KAFKA_CONF_OK)
          << problem;
    }
    rd_kafka_t* const reader = rd_kafka_new(RD_KAFKA_CONSUMER, conf, problem, sizeof(problem));
    rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(4);
    for (int i = 0; i < 4; ++i) {
      rd_kafka_topic_partition_list_add(list, "flows", i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    }
    rd_kafka_assign(reader, list);
    std::map<std::string, std::vector<std::string>> found;
    for (int ended = 0; ended < 4;) {
      rd_kafka_message_t* const message = rd_kafka_consumer_poll(reader, 60'000);
      if (message == nullptr) {
        ADD_FAILURE() << "no end of the topic";
        break;
      }
      if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        ++ended;
      } else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        found[{static_cast<const char*>(message->key), message->key_len}].emplace_back(
            static_cast<const char*>(message->payload), message->len);
      }
      rd_kafka_message_destroy(message);
    }
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_consumer_close(reader);
    rd_kafka_destroy(reader);
    return found;
  }

 private:
  rd_kafka_t* owner_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

class ShipKafka : public ::testing::Test {
 protected:
  void SetUp() override {
    for (std::uint32_t seed = 1; seed <= 2; ++seed) {
      test::IndexTraffic traffic(seed);
      test::PcapngBuilder file;
      file.section();
      file.interface(1, 0);
      for (std::uint64_t i = 0; i < 300; ++i) {
        const std::vector<std::uint8_t> packet = traffic.next();
        file.packet(0, 1'700'000'000'000'000 + seed + i, packet,
                    static_cast<std::uint32_t>(packet.size()));
      }
      data_.write(fmt::format("{}.pcapng", seed), file.bytes);
    }
    options_.directory = data_.path();
    options_.spool.sensor = "sensor";
    options_.spool.batch_rows = 60;
    options_.once = true;
  }

  // `lives`: so many ticks a process lives; 0: to its end. Returns whether it came to its end.
  bool ship(ShipState& state, std::uint64_t lives = 0) {
    std::atomic<bool> stop{false};
    KafkaSink sink({cluster_.brokers(), "flows", state.instance(), {}}, state, stop);
    Shipper shipper(options_, sink, state, stop,
                    {[](auto&) {}, [this](auto& text) { said_ += text + "\n"; },
                     [&](const ShipCounters& counters) {
                       stop = stop || (lives != 0 && --lives == 0) ||
                              (end_at_ != 0 && counters.batches == end_at_);
                     }});
    EXPECT_TRUE(shipper.run()) << said_;
    found_ += shipper.counters().batches_found;
    rows_ += shipper.counters().rows;
    return !stop;
  }
  StateIdentity identity() const { return {data_.path(), 1, 2, "kafka", "sensor"}; }

  // What another sink gets.
  std::size_t lines() {
    std::size_t count = 0;
    for (const auto& [key, texts] : cluster_.messages()) {
      EXPECT_TRUE(texts.front().starts_with('{') && texts.front().ends_with('}'));
      for (const std::string& text : texts) EXPECT_EQ(text, texts.front()) << key;
      ++count;
    }
    return count;
  }

  const TempDir data_;
  const TempDir place_;
  Cluster cluster_;
  ShipperOptions options_;
  std::string said_;
  std::uint64_t found_ = 0;
  std::uint64_t rows_ = 0;
  std::uint64_t end_at_ = 0;  // batches after which a process ends; 0: none
};

TEST_F(ShipKafka, EveryLineOnce) {
  ShipState state(place_.path() / "state", identity());
  EXPECT_TRUE(ship(state));
  EXPECT_GT(rows_, 100U);
  EXPECT_EQ(lines(), rows_);
  for (const auto& [key, texts] : cluster_.messages()) EXPECT_EQ(texts.size(), 1U) << key;
  EXPECT_EQ(said_, "");
  const std::uint64_t before = rows_;
  EXPECT_TRUE(ship(state));
  EXPECT_EQ(rows_, before);
}

// The process ends anywhere; the next one asks how far it came.
TEST_F(ShipKafka, GoesOnWhereItWas) {
  std::mt19937 random(3);
  bool done = false;
  for (int lives = 0; lives < 60 && !done; ++lives) {
    ShipState state(place_.path() / "state", identity());
    done = ship(state, 2 + random() % 12);
  }
  EXPECT_TRUE(done);
  EXPECT_GT(found_ + rows_, 100U);
  for (const auto& [key, texts] : cluster_.messages()) EXPECT_EQ(texts.size(), 1U) << key;
  ShipState fresh(place_.path() / "fresh", identity());
  const std::size_t all = lines();
  rows_ = 0;
  EXPECT_TRUE(ship(fresh));
  EXPECT_EQ(all, rows_);
}

// A file of which some batches were sent is given up: the next one's are counted from there.
TEST_F(ShipKafka, AFileThatIsGivenUpTakesNothingFromTheNext) {
  {
    ShipState state(place_.path() / "state", identity());
    end_at_ = 2;
    EXPECT_FALSE(ship(state));
    end_at_ = 0;
    ASSERT_TRUE(state.current);
    std::filesystem::remove(state.current->name);
    std::filesystem::resize_file(state.spool_path(), 60);
  }
  const std::size_t before = lines();
  rows_ = 0;
  ShipState state(place_.path() / "state", identity());
  EXPECT_TRUE(ship(state));
  EXPECT_NE(said_.find("the rest of its rows is not shipped"), std::string::npos) << said_;
  const std::uint64_t rest = rows_;
  EXPECT_EQ(lines(), before + rest);
  ShipState fresh(place_.path() / "fresh", identity());
  rows_ = 0;
  EXPECT_TRUE(ship(fresh));
  EXPECT_EQ(rows_, rest) << "a batch of the second file is missing";
}

TEST_F(ShipKafka, BrokersThatRefuseAreAskedAgain) {
  cluster_.fail(kProduce, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, 3);
  cluster_.fail(kTxnOffsetCommit, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, 2);
  cluster_.fail(kEndTxn, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, 2);
  ShipState state(place_.path() / "state", identity());
  EXPECT_TRUE(ship(state));
  EXPECT_EQ(lines(), rows_);
}

TEST(ShipKafkaConfig, IsReadAndRefused) {
  const TempDir place;
  const std::string path = place.path() / "config";
  std::ofstream(path) << "# a comment\n\nsasl.password=a=b\nsecurity.protocol=SASL_SSL\r\n";
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  const auto pairs = read_kafka_config(path);
  ASSERT_EQ(pairs.size(), 2U);
  EXPECT_EQ(pairs[0].second, "a=b");
  EXPECT_EQ(pairs[1].second, "SASL_SSL");
  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
  EXPECT_THROW(read_kafka_config(path), UsageError);
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  std::ofstream(path) << "nothing\n";
  EXPECT_THROW(read_kafka_config(path), UsageError);
  EXPECT_THROW(read_kafka_config(path + "x"), UsageError);
  ShipState state(place.path() / "state", {"/d", 1, 2, "kafka", "s"});
  const std::atomic<bool> stop{false};
  KafkaSink sink({"127.0.0.1:1", "t", "i", {{"no.such.option", "1"}}}, state, stop);
  EXPECT_THROW(sink.open(), UsageError);
}

}  // namespace
}  // namespace capstan::fleet
