#include "tools/show/host_resolver.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <cstring>

#include "engine/core/cpu.h"

namespace capstan::show {

namespace {

constexpr std::size_t kMostEntries = 65536;
constexpr std::size_t kMostQuestions = 4096;

// Empty: it has no name.
std::string look_up(const std::string& address) {
  sockaddr_storage storage{};
  socklen_t length = 0;
  if (address.size() == 4) {
    sockaddr_in ip{};
    ip.sin_family = AF_INET;
    std::memcpy(&ip.sin_addr, address.data(), 4);
    std::memcpy(&storage, &ip, sizeof(ip));
    length = sizeof(ip);
  } else {
    sockaddr_in6 ip{};
    ip.sin6_family = AF_INET6;
    std::memcpy(&ip.sin6_addr, address.data(), 16);
    std::memcpy(&storage, &ip, sizeof(ip));
    length = sizeof(ip);
  }
  char host[NI_MAXHOST];
  const int result = ::getnameinfo(reinterpret_cast<const sockaddr*>(&storage), length, host,
                                   sizeof(host), nullptr, 0, NI_NAMEREQD);
  return result == 0 ? host : "";
}

}  // namespace

HostResolver::HostResolver(std::uint64_t patience_ns)
    : patience_ns_(patience_ns), thread_([this] { run(); }) {}

HostResolver::~HostResolver() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    questions_.clear();
  }
  asked_.notify_one();
  thread_.join();
}

void HostResolver::run() {
  name_current_thread("resolver");
  std::unique_lock lock(mutex_);
  while (true) {
    asked_.wait(lock, [this] { return ending_ || !questions_.empty(); });
    if (ending_) return;
    const std::string address = std::move(questions_.front());
    questions_.pop_front();
    lock.unlock();
    std::string name = look_up(address);
    lock.lock();
    Entry& entry = entries_[address];
    entry.answered = true;
    entry.name = std::move(name);
    answered_.notify_all();
  }
}

HostResolver::Answer HostResolver::ask(const std::uint8_t* address, std::size_t size,
                                       std::string& name) {
  const std::string key(reinterpret_cast<const char*>(address), size);
  std::unique_lock lock(mutex_);
  auto found = entries_.find(key);
  const bool is_new = found == entries_.end();
  if (is_new) {
    if (entries_.size() >= kMostEntries || questions_.size() >= kMostQuestions) {
      return Answer::kLater;
    }
    Entry entry;
    entry.deadline = std::chrono::steady_clock::now() + std::chrono::nanoseconds(patience_ns_);
    entries_.emplace(key, std::move(entry));
    questions_.push_back(key);
    asked_.notify_one();
  }
  if (is_new || !found->second.answered) {
    const auto answered = [&] { return entries_.find(key)->second.answered; };
    const auto deadline = entries_.find(key)->second.deadline;
    if (timeouts_ < kMostTimeouts && !answered_.wait_until(lock, deadline, answered) && is_new) {
      ++timeouts_;
    }
    found = entries_.find(key);
  }
  if (!found->second.answered) return Answer::kLater;
  if (found->second.name.empty()) return Answer::kNoName;
  name = found->second.name;
  return Answer::kName;
}

}  // namespace capstan::show
