// FeedLookup: the addresses of servers whose names could not be looked up when the recording began,
// as at a boot before there is a network.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "engine/core/tcp_address.h"

namespace capstan::tools {

// Looks names up in a thread of its own, each once a second until it has addresses. Nobody waits
// for that thread, which the system's resolver may hold for a minute: it ends by itself, and owns
// what it uses.
class FeedLookup {
 public:
  struct Name {
    TcpName name;
    std::vector<int> families;  // addresses of others are of no use
  };
  explicit FeedLookup(std::vector<Name> names);
  ~FeedLookup();
  FeedLookup(const FeedLookup&) = delete;
  FeedLookup& operator=(const FeedLookup&) = delete;

  // Starts the thread, unless there is nothing to look up. `confine`, if not empty, is called in it
  // first; what it throws ends the thread. Throws std::system_error.
  void start(std::function<void()> confine);

  struct Found {
    std::size_t name;  // its place among those of the constructor
    std::vector<TcpAddress> addresses;
  };
  // What was found since the last call; each name once. Never waits for a look-up.
  std::optional<Found> take();

 private:
  struct Shared;
  static void look_up(Shared& shared);

  std::shared_ptr<Shared> shared_;
};

}  // namespace capstan::tools
