#include "tools/bench/test_link.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <net/if.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "engine/core/clock.h"
#include "engine/core/directory_entries.h"
#include "engine/core/errors.h"
#include "tools/bench/child.h"
#include "tools/traffic/bpf_system.h"
#include "tools/traffic/netns.h"
#include "tools/traffic/xdp_program.h"

namespace capstan::bench {

namespace {

constexpr char kPrefix[] = "capstan-bench-";
constexpr std::uint64_t kPatienceNs = 20 * kNanosecondsPerSecond;

void run_ip(const std::vector<std::string>& words) {
  std::vector<std::string> command = words;
  const std::string log =
      (std::filesystem::temp_directory_path() / fmt::format("{}{}.ip", kPrefix, ::getpid()))
          .string();
  Child child(command, {"", -1, log});
  const std::optional<int> status = child.wait(kPatienceNs);
  const std::string said = tail_of(log, 400);
  std::error_code ignored;
  std::filesystem::remove(log, ignored);
  if (!status || *status != 0) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    throw std::runtime_error(
        fmt::format("{}: {}: {}. Namespaces need root and iproute2", text,
                    status ? status_words(*status) : std::string("does not end"), said));
  }
}

}  // namespace

std::string BenchLock::default_path() { return "/run/lock/capstan-bench.lock"; }

BenchLock::BenchLock(const std::string& path)
    : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
  if (!fd_) throw_errno(fmt::format("open {}", path));
  if (::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) throw_errno(fmt::format("lock {}", path));
    throw UsageError(fmt::format(
        "another capstan bench is running (it holds {}): two would measure each other", path));
  }
}

std::vector<std::string> find_leftover_namespaces() {
  std::vector<std::string> found;
  static_cast<void>(for_each_entry("/run/netns", [&found](const auto& entry) {
    const std::string name = entry.path().filename().string();
    if (name.compare(0, sizeof(kPrefix) - 1, kPrefix) != 0) return;
    const long pid = std::strtol(name.c_str() + sizeof(kPrefix) - 1, nullptr, 10);
    const bool alive = pid > 0 && (::kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM);
    if (!alive) found.push_back(name);
  }));
  std::sort(found.begin(), found.end());
  return found;
}

void remove_namespace(const std::string& name) { run_ip({"ip", "netns", "del", name}); }

TestLink::TestLink(std::uint32_t mtu)
    : source_(fmt::format("{}{}-source", kPrefix, ::getpid())),
      sink_(fmt::format("{}{}-sink", kPrefix, ::getpid())) {
  try {
    run_ip({"ip", "netns", "add", source_});
    run_ip({"ip", "netns", "add", sink_});
    run_ip({"ip", "link", "add", source_interface(), "netns", source_, "type", "veth", "peer",
            "name", sink_interface(), "netns", sink_});
    for (const auto& [netns, interface] :
         {std::pair(source_, source_interface()), std::pair(sink_, sink_interface())}) {
      // Nothing on the link but the bench's traffic: no router solicitations.
      run_ip({"ip", "-n", netns, "link", "set", interface, "addrgenmode", "none"});
      run_ip({"ip", "-n", netns, "link", "set", interface, "mtu", std::to_string(mtu), "up"});
    }
    attach_pass_program();
  } catch (...) {
    remove();
    throw;
  }
}

TestLink::~TestLink() { remove(); }

// Without it the generator finds out what is missing, and says so.
void TestLink::attach_pass_program() noexcept {
  std::thread thread([this] {
    try {
      traffic::enter_netns(traffic::open_netns(sink_));
      pass_program_ = traffic::load_pass_program();
      attachment_ = traffic::attach_xdp(
          pass_program_.get(), static_cast<int>(::if_nametoindex(sink_interface().c_str())));
    } catch (const std::exception&) {
    }
  });
  thread.join();
}

void TestLink::remove() noexcept {
  for (const std::string& name : {source_, sink_}) {
    try {
      if (std::filesystem::exists("/run/netns/" + name)) remove_namespace(name);
    } catch (const std::exception&) {
      // The next bench finds and removes it.
    }
  }
}

}  // namespace capstan::bench
