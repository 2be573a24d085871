// ClientLimits: what one client may have at once and in an hour, and how often it may be wrong.
//
// A client is a name (of a token or a certificate) at an address. The table is bounded: what has
// been idle longest goes, and nobody who has something running does.
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
  // Wrong tokens in a row; then one more every few seconds.
  unsigned guesses = 20;
  std::uint64_t guess_every_s = 3;
};

// Why not, and when to come again. `why` empty: go on.
struct Refusal {
  std::string why;
  std::uint64_t retry_after_s = 0;
};

// Any thread. Times are of a monotonic clock, in seconds.
class ClientLimits {
 public:
  static constexpr std::size_t kMostClients = 4096;

  explicit ClientLimits(LimitRules rules) : rules_(rules) {}

  // Begins a query, or a stream of events; end() when begin() let it.
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
