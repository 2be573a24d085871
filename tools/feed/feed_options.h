// Where a recording goes over TCP, as typed: -w tcp-listen:[ADDR:]PORT, -w tcp:HOST:PORT, --allow.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/core/tcp_address.h"

namespace capstan::tools {

struct FeedTarget {
  bool listens = true;
  TcpName name;
  std::vector<TcpAddress> addresses;  // resolved
  std::string text;                   // as typed
};

struct FeedOptions {
  std::vector<FeedTarget> targets;
  std::vector<AddressRange> allowed;  // who may connect; none named: everybody who can
};

// nullopt: the name of a file. Resolves names, which may take its time. Throws UsageError.
std::optional<FeedTarget> feed_target_of(const std::string& text);

// What is wrong with them together, sentences.
std::vector<std::string> validate_feed_options(const FeedOptions& options);

// Filter text that leaves out the feed's own connections as they would be seen on these interfaces:
// each packet sent would be one more to send. Empty: they cannot be seen there.
std::string own_traffic_filter(const FeedOptions& options,
                               const std::vector<std::string>& interfaces);

}  // namespace capstan::tools
