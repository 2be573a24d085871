// ClickHouseClient: statements and inserts over ClickHouse's HTTP interface, and what its errors
// mean.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/common/http/http_client.h"
#include "tools/ship/sink.h"

namespace capstan::fleet {

struct ClickHouseAccess {
  std::string server;  // "https://HOST:PORT"
  std::string user;    // empty: the server's default user
  std::string password;
  tools::HttpTls tls;
};

// A setting of a statement; ClickHouse refuses names that it does not know.
using Settings = std::vector<std::pair<std::string, std::string>>;

class ClickHouseClient {
 public:
  struct Reply {
    Answer answer;
    std::string body;
    // The wall clock and the server's Date when the answer began, in seconds since 1970; 0: not
    // known.
    std::int64_t here_seconds = 0;
    std::int64_t there_seconds = 0;
  };

  ClickHouseClient(ClickHouseAccess access, const std::atomic<bool>& stop);

  // Any statement but an insert. The answer is kDone when the server has carried it out, kRefused
  // when it says that this statement, this user or this certificate will not do, else kLater.
  Reply ask(std::string_view sql, const Settings& settings = {});
  // Sends the packed rows with an INSERT statement, over a connection of its own: libcurl repeats a
  // request by itself when a connection that was kept breaks before the answer, and an insert must
  // not be repeated behind our back.
  Reply insert(std::string_view sql, std::span<const std::uint8_t> packed, Packing packing,
               const Settings& settings);

 private:
  Reply send(tools::HttpClient& client, tools::HttpRequest request);

  ClickHouseAccess access_;
  tools::HttpOptions options_;
  tools::HttpClient client_;
};

// Names of tables that stand between a sensor's inserts and the real ones begin so.
inline constexpr std::string_view kGatePrefix = "ship_gate_";

// Whether only a person can change what this exception says.
bool is_refusal(std::string_view body) noexcept;

}  // namespace capstan::fleet
