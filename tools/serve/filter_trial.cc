#include "tools/serve/filter_trial.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <deque>
#include <mutex>

#include "engine/core/errors.h"
#include "engine/core/unique_fd.h"
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

// In the child. Its other threads are not there; it ends whatever comes of it.
[[noreturn]] void compile_and_exit(const std::string& text, int end) {
  // Connections that end meanwhile must not stay open here.
  static_cast<void>(::close_range(3, static_cast<unsigned>(end) - 1, 0));
  static_cast<void>(::close_range(static_cast<unsigned>(end) + 1, ~0U, 0));
  const rlimit seconds{kCpuSeconds, kCpuSeconds};
  static_cast<void>(::setrlimit(RLIMIT_CPU, &seconds));
  try {
    PacketFilter filter(text, link_type::kEthernet);
    const FilterCondition condition(filter.program(link_type::kEthernet), link_type::kEthernet);
    static_cast<void>(condition);
  } catch (const std::exception&) {  // said when it is compiled in earnest
  }
  ::_exit(0);
}

}  // namespace

void try_filter(const std::string& text) {
  static Remembered remembered;
  if (text.size() < kShortBytes || remembered.knows(text)) return;
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
  if (!in_time) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!in_time || !WIFEXITED(status)) {
    throw UsageError(
        "libpcap needs too long for this filter: fewer terms do, or a net in place of many hosts");
  }
  remembered.add(text);
}

}  // namespace capstan::serve
