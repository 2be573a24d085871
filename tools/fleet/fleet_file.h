// FleetFile: what `--fleet FILE` names: the sensors, the database with their rows, and how to prove
// who asks. TOML; docs/fleet.md describes it key by key.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/common/http/http_client.h"

namespace capstan::fleet::asking {

struct Sensor {
  std::string name;  // unique in the file
  std::string url;   // of its `capstan serve`, without a slash at the end
  tools::HttpTls tls;
  std::string token;  // empty: a certificate says who asks
  // The name under which it dials this machine, and the socket of the `capstan serve --dialled`
  // that has its connections. Empty: it is connected to.
  std::string dial;
  std::string via;
};

struct Database {
  std::string url;  // empty: there is none
  std::string database = "capstan";
  std::string user = "default";
  std::string password;
  tools::HttpTls tls;
};

struct FleetFile {
  std::string path;
  std::string name;  // that it gives itself, else the file's, without its ending
  Database database;
  std::vector<Sensor> sensors;  // at least one
  std::uint64_t connect_limit_ms = 10'000;
  // Longest time without a byte of a sensor that searches, or of the database.
  std::uint64_t silence_limit_ms = 120'000;
  std::uint64_t database_limit_ms = 30'000;
};

// Reads the file and the secrets that it names; relative paths are relative to its folder. Throws
// UsageError with path and line: no TOML, an unknown key, a value of the wrong type, two sensors of
// one name or one address, a secret that cannot be read or would be sent in the clear.
FleetFile read_fleet_file(const std::string& path);

}  // namespace capstan::fleet::asking
