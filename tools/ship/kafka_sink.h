// KafkaSink: lines of EVE into a topic of Kafka, by librdkafka, each once for who reads committed
// messages only (isolation.level=read_committed).
//
// A batch is a transaction: its messages, and with them the number of batches ever sent as the
// offset of a consumer group of this sensor's own, on partition 0 of the topic. open() begins as
// the same transactional id: the broker then ends what an earlier process left open, and takes
// nothing from it any more. settle() asks for the group's offset.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tools/ship/sink.h"

namespace capstan::fleet {

struct KafkaOptions {
  std::string brokers;  // "HOST:PORT,HOST:PORT"
  std::string topic;
  std::string instance;  // ShipState::instance()
  // For librdkafka, over what this program sets.
  std::vector<std::pair<std::string, std::string>> configuration;
};

// NAME=VALUE a line; empty lines and such with '#' in front are passed over. Throws UsageError.
std::vector<std::pair<std::string, std::string>> read_kafka_config(const std::string& path);

class KafkaSink final : public Sink {
 public:
  // Borrows the state: sink_position is the number of batches sent before the current file.
  KafkaSink(KafkaOptions options, ShipState& state, const std::atomic<bool>& stop);
  ~KafkaSink() override;

  Answer open() override;
  Answer settle(const Spool& spool, std::uint64_t& batches) override;
  Answer put(const Spool& spool, std::uint64_t number) override;
  void finished(const Spool& spool) override;
  Answer given_up() override;
  Packing packing() const noexcept override { return Packing::kNone; }
  bool wants_eve() const noexcept override { return true; }
  bool needs_each_watermark() const noexcept override { return true; }

 private:
  class Handles;
  Answer committed(std::optional<std::uint64_t>& count);
  Answer send_lines(std::span<const std::uint8_t> bytes, std::uint64_t file, std::uint64_t number);

  KafkaOptions options_;
  ShipState& state_;
  const std::atomic<bool>& stop_;
  std::string group_;
  std::unique_ptr<Handles> handles_;
};

}  // namespace capstan::fleet
