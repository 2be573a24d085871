// HostResolver: names of addresses, asked for in a thread of its own and remembered.
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

// ask() waits at most `patience_ns` from when an address was first asked for, and no longer at all
// once kMostTimeouts answers have not come in time: the packets behind it lie in the ring
// meanwhile, and a dead name server must not make them overflow. A host whose name comes late is a
// number until then. Bounded: what does not fit is a number. Any thread may ask.
class HostResolver {
 public:
  enum class Answer : std::uint8_t { kName, kNoName, kLater };

  explicit HostResolver(std::uint64_t patience_ns);
  ~HostResolver();
  HostResolver(const HostResolver&) = delete;
  HostResolver& operator=(const HostResolver&) = delete;

  // Of an address of 4 or 16 bytes; `name` is set with kName alone. kName and kNoName are final.
  Answer ask(const std::uint8_t* address, std::size_t size, std::string& name);

 private:
  struct Entry {
    bool answered = false;
    std::chrono::steady_clock::time_point deadline;  // nobody waits for it longer
    std::string name;                                // empty: it has none
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
