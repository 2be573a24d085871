#include "tools/common/signals.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "engine/core/errors.h"

namespace capstan::tools {

namespace {

std::atomic<bool> stop_requested{false};
std::atomic<bool> end_at_once{false};
std::atomic<std::uint64_t> requested_ns{0};             // 0: it is not
static_assert(std::atomic<bool>::is_always_lock_free);  // set from a signal handler
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

void request_stop(int) {
  const std::uint64_t now_ns = monotonic_clock_ns();
  std::uint64_t first_ns = 0;
  if (!requested_ns.compare_exchange_strong(first_ns, now_ns, std::memory_order_relaxed) &&
      now_ns - first_ns >= EndWish::kSameWishNs) {
    end_at_once.store(true, std::memory_order_relaxed);
  }
  stop_requested.store(true, std::memory_order_relaxed);
}

bool is_ignored(int signal) noexcept {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

const std::atomic<bool>& stop_flag_on_signals() {
  struct sigaction action {};
  action.sa_handler = request_stop;  // no SA_RESTART: the call under way must end
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
  return stop_requested;
}

const std::atomic<bool>& impatience_flag() noexcept { return end_at_once; }

SignalEvents::SignalEvents(std::initializer_list<int> signals)
    : terminal_(::open("/dev/tty", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)),
      hangup_ignored_(is_ignored(SIGHUP)) {
  ::sigemptyset(&set_);
  for (const int signal : signals) ::sigaddset(&set_, signal);
  ::pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  fd_ = UniqueFd(::signalfd(-1, &set_, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_) throw_errno("make a signalfd");
}

int SignalEvents::take() noexcept {
  signalfd_siginfo info{};
  return ::read(fd_.get(), &info, sizeof(info)) == sizeof(info) ? static_cast<int>(info.ssi_signo)
                                                                : 0;
}

SignalEvents::Deadly::Deadly(const SignalEvents& events) noexcept {
  sigset_t deadly;
  ::sigemptyset(&deadly);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (::sigismember(&events.set_, signal) == 1) ::sigaddset(&deadly, signal);
  }
  ::pthread_sigmask(SIG_UNBLOCK, &deadly, &before_);
}

SignalEvents::Deadly::~Deadly() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

bool SignalEvents::terminal_gone() const noexcept {
  if (!terminal_) return false;
  // Hung up (tty_hung_up_p), or no longer this session's: its leader ended first.
  pollfd state{terminal_.get(), 0, 0};
  return (::poll(&state, 1, 0) == 1 && (state.revents & POLLHUP) != 0) ||
         ::tcgetpgrp(terminal_.get()) < 0;
}

bool EndWish::take(int signal, std::uint64_t now_ns) noexcept {
  if (count_ != 0 && now_ns - last_ns_ < kSameWishNs) return false;
  last_ns_ = now_ns;
  impatient_ = impatient_ || (count_ != 0 && signal == SIGINT);
  ++count_;
  return true;
}

}  // namespace capstan::tools
