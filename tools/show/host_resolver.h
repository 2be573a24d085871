// HostResolver: looks up the names of addresses in a thread of its own and remembers them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>

namespace capstan::show {

// ask() waits at most `patience_ns` after the first request for an address, and not at all once
// kMostTimeouts answers were late: packets wait in the ring meanwhile, and a dead name server must
// not make the ring overflow. A host whose name comes late is shown as a number until then. The
// memory is bounded; addresses that do not fit are shown as numbers. Any thread may ask.
class HostResolver {
 public:
  enum class Answer : std::uint8_t { kName, kNoName, kLater };

  explicit HostResolver(std::uint64_t patience_ns);
  ~HostResolver();
  HostResolver(const HostResolver&) = delete;
  HostResolver& operator=(const HostResolver&) = delete;

  // Looks up an address of 4 or 16 bytes; `name` is set only with kName. kName and kNoName are
  // final.
  Answer ask(const std::uint8_t* address, std::size_t size, std::string& name);

 private:
  struct Entry {
    bool answered = false;
    std::chrono::steady_clock::time_point deadline;  // after this nobody waits for it
    std::string name;                                // empty: the address has no name
  };
  void run();

  static constexpr int kMostTimeouts = 3;

  const std::uint64_t patience_ns_;
  std::mutex mutex_;
  std::condition_variable asked_;
  std::condition_variable answered_;
  std::unordered_map<std::string, Entry> entries_;  // by the address's bytes
  std::deque<std::string> questions_;
  bool ending_ = false;
  int timeouts_ = 0;
  std::thread thread_;
};

}  // namespace capstan::show
