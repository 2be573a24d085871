// TestLink: two network namespaces of the bench with a veth pair between them, and the lock that
// keeps two benches from disturbing each other.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/unique_fd.h"

namespace capstan::bench {

// Held while a bench runs. Throws UsageError when another bench holds it.
class BenchLock {
 public:
  explicit BenchLock(const std::string& path = default_path());
  static std::string default_path();

 private:
  UniqueFd fd_;
};

// Namespaces left by a bench that was killed: those whose process number does not exist any more.
std::vector<std::string> find_leftover_namespaces();
void remove_namespace(const std::string& name);

// Owns the namespaces: the destructor removes both, and with them the pair. If the kernel allows
// it, a pass-through XDP program is attached to the sink's interface all the time: several
// generators need it, and the first one that ends must not detach it from the others.
class TestLink {
 public:
  // Throws std::system_error, or std::runtime_error with the message of ip(8).
  explicit TestLink(std::uint32_t mtu);
  ~TestLink();
  TestLink(const TestLink&) = delete;
  TestLink& operator=(const TestLink&) = delete;

  const std::string& source_netns() const noexcept { return source_; }
  const std::string& sink_netns() const noexcept { return sink_; }
  static std::string source_interface() { return "tx0"; }
  static std::string sink_interface() { return "rx0"; }

 private:
  void remove() noexcept;
  void attach_pass_program() noexcept;

  std::string source_;
  std::string sink_;
  UniqueFd pass_program_;
  UniqueFd attachment_;
};

}  // namespace capstan::bench
