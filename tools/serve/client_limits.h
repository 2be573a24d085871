// ClientLimits: how much one client may do at once and in an hour, and how often it may send a
// wrong token.
//
// A client is a name (of a token or a certificate) at an address. The table is bounded: the client
// that was idle longest is dropped, never one with a request running.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace capstan::serve {

struct LimitRules {
  unsigned queries_at_once = 8;
  std::uint64_t bytes_an_hour = std::uint64_t{64} << 30;
  unsigned streams_at_once = 4;  // of events
  // Number of wrong tokens allowed in a row; after that one more every guess_every_s seconds.
  unsigned guesses = 20;
  std::uint64_t guess_every_s = 3;
};

// Why a request is refused and when to try again. `why` empty: it is allowed.
struct Refusal {
  std::string why;
  std::uint64_t retry_after_s = 0;
};

// Any thread. Times are from a monotonic clock, in seconds.
class ClientLimits {
 public:
  static constexpr std::size_t kMostClients = 4096;

  explicit ClientLimits(LimitRules rules) : rules_(rules) {}

  // Begins a query, or a stream of events; if it is allowed, end() has to follow.
  Refusal begin(const std::string& client, bool stream, std::uint64_t now_s);
  void end(const std::string& client, bool stream, std::uint64_t bytes, std::uint64_t now_s);

  // Whether that address may try a token now.
  Refusal may_guess(const std::string& address, std::uint64_t now_s);
  void guessed_wrong(const std::string& address, std::uint64_t now_s);

  std::size_t clients() const;

 private:
  struct Client {
    unsigned queries = 0;
    unsigned streams = 0;
    std::uint64_t hour_began_s = 0;
    std::uint64_t bytes = 0;
    std::uint64_t wrong = 0;
    std::uint64_t wrong_since_s = 0;
    std::uint64_t seen_s = 0;
  };
  Client& entry(const std::string& key, std::uint64_t now_s);
  void forgive(Client& client, std::uint64_t now_s) const noexcept;

  const LimitRules rules_;
  mutable std::mutex mutex_;
  std::map<std::string, Client> clients_;
};

}  // namespace capstan::serve
