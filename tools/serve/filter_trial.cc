#include "tools/serve/filter_trial.h"

#include <fcntl.h>
#include <nss.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <deque>
#include <mutex>
#include <string_view>

#include "engine/core/errors.h"
#include "engine/core/unique_fd.h"
#include "engine/core/write_all.h"
#include "engine/filter/filter_condition.h"
#include "engine/filter/packet_filter.h"
#include "engine/format/link_type.h"

namespace capstan::serve {

namespace {

constexpr rlim_t kCpuSeconds = 4;
constexpr int kWallMs = 30'000;  // at idle priority beside a recorder
// Whatever stands between its terms, so short a filter has few of them.
constexpr std::size_t kShortBytes = 128;
constexpr std::size_t kRemembered = 64;
constexpr std::size_t kMostWords = 1000;  // less than a pipe holds: the child does not wait

class Remembered {
 public:
  bool knows(const std::string& text) {
    const std::lock_guard lock(mutex_);
    return std::find(texts_.begin(), texts_.end(), text) != texts_.end();
  }
  void add(const std::string& text) {
    const std::lock_guard lock(mutex_);
    texts_.push_back(text);
    if (texts_.size() > kRemembered) texts_.pop_front();
  }

 private:
  std::mutex mutex_;
  std::deque<std::string> texts_;
};

bool only_own_names = false;

// In the child. Its other threads are not there; it ends whatever comes of it.
[[noreturn]] void compile_and_exit(const std::string& text, int end) {
  // Connections that end meanwhile must not stay open here.
  static_cast<void>(::close_range(3, static_cast<unsigned>(end) - 1, 0));
  static_cast<void>(::close_range(static_cast<unsigned>(end) + 1, ~0U, 0));
  const rlimit seconds{kCpuSeconds, kCpuSeconds};
  static_cast<void>(::setrlimit(RLIMIT_CPU, &seconds));
  if (only_own_names) {
    for (const char* const kind : {"hosts", "networks"}) ::__nss_configure_lookup(kind, "files");
  }
  // The next one where libpcap stops early: behind a word that has no meaning for this link type it
  // has not looked at names.
  for (const std::uint16_t type :
       {link_type::kEthernet, link_type::kLinuxSll, link_type::kLinuxSll2, link_type::kRaw}) {
    try {
      PacketFilter filter(text, type);
      const FilterCondition condition(filter.program(type), type);
      static_cast<void>(condition);
      break;
    } catch (const std::exception& error) {  // others are said when it is compiled in earnest
      if (!only_own_names) break;
      const std::string_view why = error.what();
      if (why.find("unknown host") == why.npos && why.find("unknown network") == why.npos) continue;
      static_cast<void>(write_all(end, why.data(), std::min(why.size(), kMostWords)));
      break;
    }
  }
  ::_exit(0);
}

}  // namespace

void try_filter(const std::string& text) {
  static Remembered remembered;
  if ((text.size() < kShortBytes && !only_own_names) || text.empty() || remembered.knows(text))
    return;
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) throw_errno("make a pipe for a filter's trial");
  const UniqueFd from_child(ends[0]);
  UniqueFd of_child(ends[1]);
  const pid_t child = ::fork();
  if (child == 0) compile_and_exit(text, of_child.get());
  if (child < 0) throw_errno("start a process for a filter's trial");
  of_child = UniqueFd();  // the child has the only other end: its end is the pipe's
  pollfd end{from_child.get(), POLLIN, 0};
  const bool in_time = ::poll(&end, 1, kWallMs) == 1;
  char words[kMostWords];
  const ssize_t said = in_time ? ::read(from_child.get(), words, sizeof(words)) : 0;
  if (!in_time) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!in_time || !WIFEXITED(status)) {
    throw UsageError(
        "libpcap needs too long for this filter: fewer terms do, or a net in place of many hosts");
  }
  if (said > 0) throw UsageError(std::string(words, static_cast<std::size_t>(said)));
  remembered.add(text);
}

void only_names_of_this_machine() noexcept { only_own_names = true; }

}  // namespace capstan::serve
