// Dialer: a sensor's side. Keeps a few connections to the central host open; one on which somebody
// begins to speak TLS is handed over, and another is dialled in its place.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <vector>

#include "engine/core/tcp_address.h"
#include "engine/core/unique_fd.h"
#include "tools/common/back_off.h"
#include "tools/dial/resolver.h"

namespace capstan::dial {

struct DialOptions {
  TcpName central;
  std::string sensor;     // is_name()
  unsigned idle = 3;      // connections that wait to be used
  unsigned burst = 32;    // connections dialled at once, when all are used up as fast
  unsigned a_second = 8;  // and then
  std::uint64_t connect_limit_ns = 10 * kNanosecondsPerSecond;
  // A connection that was kept for so long shows that the central host is well.
  std::uint64_t settled_ns = 5 * kNanosecondsPerSecond;
};

// One thread, except text() and json(). Never waits.
class Dialer {
 public:
  // Takes the connection over, on which a byte waits to be read, or closes it and returns false.
  using HandOver = std::function<bool(UniqueFd socket, const TcpAddress& central)>;

  // Throws std::system_error.
  Dialer(DialOptions options, HandOver hand_over);

  // Readable when serve() has something to do. serve() must also be called about twice a second.
  // `now_ns`: monotonic clock.
  int descriptor() const noexcept { return poll_.get(); }
  void serve(std::uint64_t now_ns);

  struct Counts {
    std::uint64_t idle = 0;         // connections that wait now
    std::uint64_t dialled = 0;      // connections made
    std::uint64_t failed = 0;       // attempts
    std::uint64_t handed_over = 0;  // somebody asked through them
    std::uint64_t turned_away = 0;  // of them, those the web server had no place for
    std::uint64_t refused = 0;      // by the central host, with a reason
    std::uint64_t ended = 0;        // while they waited
  };
  // Any thread.
  Counts counts() const;
  std::string trouble() const;  // why there is no connection; empty: there are, or soon
  const DialOptions& options() const noexcept { return options_; }

 private:
  struct Line {
    UniqueFd socket;
    TcpAddress central;
    bool connected = false;
    bool settled = false;  // kept for long enough to show that the central host is well
    std::uint64_t since_ns = 0;
  };
  using Lines = std::list<Line>;

  void on_event(int socket, std::uint64_t now_ns);
  void on_connected(Lines::iterator line, std::uint64_t now_ns);
  void on_bytes(Lines::iterator line, std::uint64_t now_ns);
  void take_names(std::uint64_t now_ns);
  void dial(std::uint64_t now_ns);
  bool may_dial(std::uint64_t now_ns);
  void dial_one(std::uint64_t now_ns);
  void failed(std::uint64_t now_ns, const std::string& why);
  void works();

  const DialOptions options_;
  const HandOver hand_over_;
  UniqueFd poll_;
  Resolver resolver_;
  std::vector<TcpAddress> addresses_;
  std::size_t at_ = 0;  // the next one's place in addresses_
  Lines lines_;
  tools::BackOff back_off_;
  bool is_well_ = true;  // nothing failed since something worked
  std::uint64_t next_dial_ns_ = 0;
  std::uint64_t filled_ns_ = 0;  // when allowance_ was filled up last
  double allowance_;             // connections that may be dialled now
  mutable std::mutex mutex_;     // protects the members below
  Counts counts_;
  std::string trouble_;
};

}  // namespace capstan::dial
