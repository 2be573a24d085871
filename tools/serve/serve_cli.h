// The command line of `capstan serve`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/core/tcp_address.h"
#include "tools/common/config_file.h"
#include "tools/serve/client_limits.h"
#include "tools/serve/endpoints.h"
#include "tools/watch/local_address.h"

namespace capstan::serve {

struct ServeCommandLine {
  std::vector<std::string> directories;
  bool listens = true;  // false: --listen none
  tools::ListenAddress listen;
  bool loopback = true;
  std::string tls_certificate;
  std::string tls_key;
  std::string client_ca;
  std::string token_file;
  std::vector<std::string> hosts;
  std::vector<std::string> fleets;  // files
  std::string access_log = "-";
  std::optional<tools::ListenAddress> metrics;
  ServeLimits limits;
  LimitRules client_limits;
  unsigned workers = 8;
  std::optional<TcpName> dial;  // the central host
  std::string sensor;           // the name that is said there
  std::optional<tools::ListenAddress> dialled;
  std::string dialled_socket;
  std::string user;
  bool keep_privileges = false;
  std::vector<tools::ConfigEntry> entries;  // of --config
};

// Returns nullopt when help was requested and printed. Throws UsageError.
std::optional<ServeCommandLine> parse_serve_command_line(int argc, char** argv);

}  // namespace capstan::serve
