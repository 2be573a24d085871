// SensorClient: requests to the `capstan serve` of one sensor, which is connected to, or has
// dialled the central host (tools/dial).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tools/common/http/http_client.h"
#include "tools/dial/take_connection.h"
#include "tools/fleet/fleet_file.h"

namespace capstan::fleet::asking {

// What narrows requests to a sensor that dials.
struct DialledFrom {
  std::string address{};       // connections from there alone; empty: from wherever
  std::uint64_t limit_ms = 0;  // for a connection with TLS, and without a byte; 0: the fleet's
};

// One thread, except end().
class SensorClient {
 public:
  // `fleet`, `sensor` and `stop` are borrowed.
  SensorClient(const FleetFile& fleet, const Sensor& sensor, const std::atomic<bool>& stop,
               DialledFrom from = {});

  // HttpClient::send(). Of connections that were dialled some may be dead without a sign, or
  // another's who says the same name: then another one is asked for, as long as no answer began,
  // until the time for a connection is over.
  tools::HttpResponse send(const tools::HttpRequest& request, const tools::HttpTake& take = {});
  // Any thread: ends the request under way at once, and each later one.
  void end() noexcept { client_.end(); }

  // -- of a sensor that dials --
  // The address of the connection that was had last, and those of which others waited then.
  const std::string& address() const noexcept { return dialled_.address; }
  const std::vector<dial::DialSource>& sources() const noexcept { return dialled_.sources; }

 private:
  UniqueFd connect(const std::function<bool()>& stopped, std::string& why,
                   std::uint64_t& tls_limit_ms);
  std::uint64_t time_for_tls(std::uint64_t left_ms) const;
  std::uint64_t left_ms() const noexcept;
  void tell(const tools::HttpResponse& response);
  std::string failure_text(const tools::HttpResponse& last) const;

  const Sensor& sensor_;
  const std::string address_;
  const std::uint64_t limit_ms_;
  tools::HttpClient client_;
  std::uint64_t end_ns_ = 0;  // of the time for connections of the request under way
  dial::DialledConnection dialled_;
  std::map<std::string, unsigned> had_;  // connections of the request under way, by address
  unsigned had_in_all_ = 0;
  std::string last_failure_;  // of those, the last one's
};

// The instance that a server says in each answer (docs/api.md); empty: it says none.
std::string instance_of(const tools::HttpResponse& response);

}  // namespace capstan::fleet::asking
