// Where a recording is sent over TCP, as typed: -w tcp-listen:[ADDR:]PORT, -w tcp:HOST:PORT,
// --allow.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/core/tcp_address.h"

namespace capstan::tools {

struct FeedTarget {
  bool listens = true;
  TcpName name;
  std::vector<TcpAddress> addresses;  // resolved; none: see trouble
  std::string trouble;                // why a server's name has no address (yet)
  std::string text;                   // as typed
};

struct FeedOptions {
  std::vector<FeedTarget> targets;
  std::vector<AddressRange> allowed;  // who may connect; empty: everyone
};

// Whether it names a connection, well or badly typed, and no file.
bool is_feed_text(const std::string& text);

// Returns nullopt if `text` is a file name. Resolves host names, which may take time: that of a
// server need not have an address yet (FeedLookup). Throws UsageError.
std::optional<FeedTarget> feed_target_of(const std::string& text);

// Returns a sentence for each problem with the combination of options.
std::vector<std::string> validate_feed_options(const FeedOptions& options);

// Returns filter text that excludes the feed's own connections as seen on these interfaces, because
// each packet sent would otherwise be recorded and sent again. Of a server without an address it is
// what this machine sends to its port, to whomever. Empty: they cannot be seen there.
std::string own_traffic_filter(const FeedOptions& options,
                               const std::vector<std::string>& interfaces);

}  // namespace capstan::tools
