// What --to names.
#pragma once

#include <cstdint>
#include <string>

namespace capstan::fleet {

struct SinkAddress {
  enum class Kind : std::uint8_t { kClickHouse, kFile, kKafka };
  Kind kind = Kind::kFile;
  std::string server;    // ClickHouse: "https://HOST:PORT"; Kafka: "HOST:PORT[,HOST:PORT]"
  std::string database;  // of ClickHouse
  std::string topic;     // of Kafka
  std::string path;      // of a file
  std::string text;      // as given; never has a password

  bool tls() const noexcept { return server.starts_with("https:"); }
  // Throws UsageError.
  static SinkAddress parse(const std::string& text);
};

}  // namespace capstan::fleet
