// DialDesk: a Unix socket of the central host at which other processes ask for a connection that a
// sensor has dialled, and are given its descriptor (SCM_RIGHTS, unix(7)).
//
//     ask:     "1 MILLISECONDS NAME" [LF ADDRESS]
//              how long to wait for a sensor that was there a moment ago; of that address alone
//     answer:  "+ADDRESS" with a descriptor, and whence it came; a line more for each address of
//              which others of that name wait: LF "+" (or "?", "-": Standing) ADDRESS " " INSTANCE
//              or "-" and a sentence
//     then:    "+INSTANCE" or "-": whether who asked was answered by TLS with a certificate of that
//              name, and by which server. Who closes instead does not know.
//
// One message each, SOCK_SEQPACKET. Who may ask is decided by the socket's mode. What is given
// away is a connection on which nothing was said yet; the sensor asks for a certificate on it.
#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <string>

#include "engine/core/unique_fd.h"
#include "tools/dial/dial_pool.h"

namespace capstan::dial {

// One thread, except counts(). Never waits. Owns the socket and its path in the file system.
class DialDesk {
 public:
  static constexpr std::size_t kMostClients = 256;
  static constexpr std::uint64_t kLongestWaitMs = 10'000;

  // Listens at `path` with mode 0660, replacing a socket that no process listens at. `pool` is
  // borrowed. Throws std::system_error.
  DialDesk(std::string path, DialPool& pool);
  ~DialDesk();
  DialDesk(const DialDesk&) = delete;
  DialDesk& operator=(const DialDesk&) = delete;

  // Readable when serve() has something to do. serve() must also be called behind DialPool::serve()
  // and about twice a second. `now_ns`: monotonic clock.
  int descriptor() const noexcept { return poll_.get(); }
  void serve(std::uint64_t now_ns);
  const std::string& path() const noexcept { return path_; }

  struct Counts {
    std::uint64_t asked = 0;
    std::uint64_t without = 0;  // of them, those for which no connection was there
    std::uint64_t garbage = 0;  // no question
  };
  // Any thread.
  Counts counts() const;

 private:
  struct Client {
    UniqueFd socket;
    std::string name;     // empty: the question has not come
    std::string address;  // that is asked for; empty: any
    std::string given;    // the address of the connection that it has; empty: none yet
    std::uint64_t until_ns = 0;
  };
  using Clients = std::list<Client>;

  void accept_all(std::uint64_t now_ns);
  bool make_room();
  void read_question(Client& client, std::uint64_t now_ns);
  bool answer(Client& client, std::uint64_t now_ns);
  bool read_outcome(Client& client, std::uint64_t now_ns);
  void count(std::uint64_t Counts::*which);

  const std::string path_;
  DialPool& pool_;
  UniqueFd listening_;
  UniqueFd poll_;
  std::uint64_t pause_until_ns_ = 0;  // 0: it listens
  Clients clients_;
  mutable std::mutex mutex_;  // protects counts_
  Counts counts_;
};

}  // namespace capstan::dial
