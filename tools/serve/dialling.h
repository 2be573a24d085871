// Dialling: what `capstan serve` has of --dial (a sensor's connections to a central host) and of
// --dialled (the central host's, and the socket that hands them out); and what is said of both.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tools/dial/dial_desk.h"
#include "tools/dial/dial_pool.h"
#include "tools/dial/dialer.h"

namespace capstan::serve {

// One thread, except metrics() and with_status().
class Dialling {
 public:
  void dial(dial::DialOptions options, dial::Dialer::HandOver hand_over);
  // Takes over the listening socket.
  void accept(UniqueFd listening, const std::string& desk_path);

  // Readable when serve() has something to do, which must also be called about twice a second.
  std::vector<int> descriptors() const;
  void serve(std::uint64_t now_ns);

  // -- any thread, once the above are set up --
  // For Prometheus; empty without --dial and --dialled.
  std::string metrics() const;
  // An object of JSON with "dial" and "dialled" as its last members, where there is something.
  std::string with_status(std::string json) const;

 private:
  std::optional<dial::Dialer> dialer_;
  std::optional<dial::DialPool> pool_;
  std::optional<dial::DialDesk> desk_;
};

}  // namespace capstan::serve
