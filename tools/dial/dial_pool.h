// DialPool: the central host's side. Accepts the connections that sensors dial, keeps those that
// say a name, and gives one of them to who asks for it.
//
// Anybody may connect, and say any name: what proves a name is the certificate inside. So all is
// bounded, the addresses that say one name have their turns, and those through which nobody was
// answered have theirs last.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/clock.h"
#include "engine/core/tcp_address.h"
#include "engine/core/unique_fd.h"
#include "tools/dial/dial_names.h"

namespace capstan::dial {

struct DialLimits {
  std::size_t connections = 4096;
  std::size_t without_name = 256;  // of them, those whose line has not come
  std::size_t an_address = 256;
  std::size_t a_name_an_address = 8;
  std::size_t a_name = 64;
  std::size_t names = 4096;  // that are remembered
  std::uint64_t line_ns = 5 * kNanosecondsPerSecond;
};

// One thread, except what is marked. Never waits.
class DialPool {
 public:
  // Takes over the listening socket, which does not block. Throws std::system_error.
  explicit DialPool(UniqueFd listening, DialLimits limits = {});

  // Readable when serve() has something to do. serve() must also be called about twice a second.
  // `now_ns`: monotonic clock, everywhere.
  int descriptor() const noexcept { return poll_.get(); }
  void serve(std::uint64_t now_ns);

  struct Taken {
    UniqueFd socket;  // none: absence() says why
    std::string address;
    // The addresses of which others of that name wait (DialNames::sources).
    std::vector<DialSource> sources;
    explicit operator bool() const noexcept { return static_cast<bool>(socket); }
  };
  // A waiting connection of that name, no longer the pool's. `address`: of that one alone; empty:
  // of the one whose turn it is.
  Taken take(const std::string& name, const std::string& address = {});
  // What became of who asked through a connection that was taken (DialNames::judge).
  void judge(const std::string& name, const std::string& address, const std::string& instance);
  // A sentence: "no sensor of that name has dialled in ...".
  std::string absence(const std::string& name, std::uint64_t now_ns) const;
  // Whether the sensor was there a moment ago, so that its next connection may be on its way.
  bool is_expected(const std::string& name, std::uint64_t now_ns) const;

  struct Counts {
    std::uint64_t waiting = 0;  // connections with a name, now
    std::uint64_t accepted = 0;
    std::uint64_t garbage = 0;   // no line, another line, or bytes behind it
    std::uint64_t too_many = 0;  // closed because of a limit
    std::uint64_t no_line = 0;   // the line did not come in time
    std::uint64_t ended = 0;     // by the sensor or on the way to it, while they waited
    std::uint64_t given = 0;     // to who asked
  };
  using Seen = DialNames::Seen;
  // Any thread.
  Counts counts() const;
  std::vector<Seen> seen(std::uint64_t now_ns) const;

 private:
  struct Connection {
    UniqueFd socket;
    std::string address;
    std::string network;  // whom the address belongs to
    std::string line;     // what came of it
    std::string name;     // empty: the line is not whole
    std::uint64_t since_ns = 0;
  };
  using Connections = std::list<Connection>;

  void accept_all(std::uint64_t now_ns);
  void on_event(int socket, std::uint64_t now_ns);
  void read_line(Connections::iterator one, std::uint64_t now_ns);
  std::string keep(Connection& connection, const std::string& name, std::uint64_t now_ns);
  bool make_room(const std::string& name, const std::string& address, std::uint64_t now_ns);
  Connections::iterator drop(Connections::iterator one, std::uint64_t now_ns);
  void refuse(Connections::iterator one, std::string_view why, std::uint64_t now_ns);
  void listen_again(std::uint64_t now_ns);

  const DialLimits limits_;
  UniqueFd listening_;
  UniqueFd poll_;
  std::uint64_t pause_until_ns_ = 0;  // 0: it listens
  mutable std::mutex mutex_;          // protects the members below
  Connections connections_;           // the oldest first
  std::map<int, Connections::iterator> by_socket_;
  std::map<std::string, std::size_t> by_network_;
  std::size_t without_name_ = 0;
  DialNames names_;
  Counts counts_;
};

}  // namespace capstan::dial
