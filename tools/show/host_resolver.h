// HostResolver: names of addresses, asked for in a thread of its own and remembered.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>

#include "tools/text/names.h"

namespace capstan::show {

// find() waits at most `patience_ns` for an address that is new, and never twice for the same one:
// 0 for live captures, where a name server must not hold up the wire (the first lines of a host
// then show its number). Bounded: what does not fit is a number. Any thread may ask.
class HostResolver final : public text::HostNames {
 public:
  explicit HostResolver(std::uint64_t patience_ns);
  ~HostResolver() override;

  bool find(const std::uint8_t* address, std::size_t size, std::string& name) override;

 private:
  struct Entry {
    bool answered = false;
    std::string name;  // empty: it has none
  };
  void run();

  const std::uint64_t patience_ns_;
  std::mutex mutex_;
  std::condition_variable asked_;
  std::condition_variable answered_;
  std::unordered_map<std::string, Entry> entries_;  // by the address's bytes
  std::deque<std::string> questions_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace capstan::show
