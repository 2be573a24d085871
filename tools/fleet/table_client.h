// TableClient: questions to ClickHouse over its HTTP interface.
#pragma once

#include <atomic>
#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "tools/common/http/http_client.h"
#include "tools/fleet/fleet_file.h"

namespace capstan::fleet::asking {

// Why the database gave no answer, a sentence that names it.
class TableError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// One thread. The fleet and the flag are borrowed.
class TableClient {
 public:
  TableClient(const FleetFile& fleet, const std::atomic<bool>& stop);

  // Runs a SELECT without FORMAT and passes its rows on as JSON objects, 64-bit numbers as texts.
  // Throws TableError, also for an answer that is none.
  void select(const std::string& statement, const std::function<void(const nlohmann::json&)>& take);

  // Single values of a row; they throw TableError where there is none. bytes(): of a column made by
  // hex(): names may be anything, and JSON is UTF-8.
  static std::uint64_t number(const nlohmann::json& row, const char* column);
  static std::string text(const nlohmann::json& row, const char* column);
  static std::string bytes(const nlohmann::json& row, const char* column);

 private:
  const FleetFile& fleet_;
  tools::HttpClient client_;
};

}  // namespace capstan::fleet::asking
