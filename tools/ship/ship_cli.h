// The command line of `capstan ship`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/clickhouse/schema.h"
#include "tools/common/config_file.h"
#include "tools/common/http/http_client.h"
#include "tools/ship/sink_address.h"

namespace capstan::fleet {

struct ShipCommandLine {
  std::string directory;
  std::optional<SinkAddress> to;
  std::string host;  // name of this machine; empty: not known
  std::string sensor;
  std::string user;
  std::string password;  // of --password-file
  tools::HttpTls tls;
  std::string kafka_config;  // path; empty: none
  std::string state;         // path; empty: in the directory
  std::uint32_t batch_rows = 50'000;
  std::uint64_t max_rate = 0;
  bool audit = false;
  bool once = false;
  bool adopt = false;
  bool create_schema = false;
  bool print_schema = false;
  ServerVersion server_version;  // for --print-schema without --to
  std::string cluster;
  unsigned keep_days = 0;
  std::string stats_path;
  bool quiet = false;
  std::string run_as;  // -Z
  bool keep_privileges = false;
  std::vector<tools::ConfigEntry> entries;  // of --config
};

// Parses and checks. Returns nullopt when help was requested and printed. Throws UsageError.
std::optional<ShipCommandLine> parse_ship_command_line(int argc, const char* const* argv);

}  // namespace capstan::fleet
