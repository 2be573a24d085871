// Asks the central host's DialDesk for a connection that a sensor has dialled.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/core/unique_fd.h"
#include "tools/dial/dial_names.h"

namespace capstan::dial {

struct DialQuestion {
  std::string path;         // the desk's
  std::string name;         // the sensor's
  std::string address{};    // of that one alone; empty: of the one whose turn it is
  std::uint64_t wait_ms{};  // for a sensor that was there a moment ago
};

// A connection to a sensor, and the line to the desk on which it learns what became of it.
struct DialledConnection {
  UniqueFd socket;                  // TCP; nothing was said on it
  std::string address;              // whence it came
  std::vector<DialSource> sources;  // addresses of which others of that name wait
  UniqueFd desk;

  // To be called once it is known: `instance` of the server that answered by TLS with a certificate
  // of that name; empty: none did. Never waits.
  void tell(const std::string& instance) noexcept;
};

// A socket is in it, or `why` is a sentence. Waits for as long as the question says, and 5 s for
// the desk itself; ends early when `stopped` returns true, which it is asked ten times a second.
DialledConnection take_connection(const DialQuestion& question,
                                  const std::function<bool()>& stopped, std::string& why);

}  // namespace capstan::dial
