// Resolver: looks a host's name up without making its caller wait.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/tcp_address.h"

namespace capstan::dial {

// One thread. A look-up runs in a thread of its own, one at a time, which this object does not wait
// for: a name server that is silent holds up no end of a program.
class Resolver {
 public:
  // Throws std::system_error.
  explicit Resolver(TcpName name);

  // Readable when take() returns something.
  int descriptor() const noexcept;
  // Begins a look-up unless one is under way.
  void ask();
  bool asking() const noexcept { return asking_; }

  struct Found {
    std::vector<TcpAddress> addresses;
    std::string error;  // why there are none
  };
  std::optional<Found> take();

 private:
  struct Shared;

  TcpName name_;
  std::shared_ptr<Shared> shared_;
  bool asking_ = false;
};

}  // namespace capstan::dial
