#include "engine/core/cpu.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "engine/core/errors.h"

namespace capstan {

std::vector<int> allowed_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cpus;
  if (::sched_getaffinity(0, sizeof(set), &set) != 0) return cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<unsigned>(cpu), &set)) cpus.push_back(cpu);
  }
  return cpus;
}

namespace {

int parse_cpu_number(std::string_view text, std::string_view whole) {
  int value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0 ||
      value >= CPU_SETSIZE) {
    throw UsageError(
        fmt::format("CPU list '{}': '{}' is no CPU number from 0 to {}; write for "
                    "example 0,2-4",
                    whole, text, CPU_SETSIZE - 1));
  }
  return value;
}

}  // namespace

std::vector<int> parse_cpu_list(std::string_view text) {
  std::vector<int> cpus;
  std::string_view rest = text;
  while (true) {
    const std::size_t comma = rest.find(',');
    const std::string_view part = rest.substr(0, comma);
    const std::size_t dash = part.find('-');
    const int first = parse_cpu_number(part.substr(0, dash), text);
    const int last = dash == part.npos ? first : parse_cpu_number(part.substr(dash + 1), text);
    if (last < first) {
      throw UsageError(fmt::format("CPU list '{}': range '{}' runs backwards", text, part));
    }
    for (int cpu = first; cpu <= last; ++cpu) cpus.push_back(cpu);
    if (comma == rest.npos) break;
    rest.remove_prefix(comma + 1);
  }
  return cpus;
}

int pin_current_thread(int cpu) noexcept {
  if (cpu < 0 || cpu >= CPU_SETSIZE) return EINVAL;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(cpu), &set);
  return ::pthread_setaffinity_np(::pthread_self(), sizeof(set), &set);
}

void keep_current_thread_on(const std::vector<int>& cpus) noexcept {
  if (cpus.empty()) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) CPU_SET(static_cast<unsigned>(cpu), &set);
  ::pthread_setaffinity_np(::pthread_self(), sizeof(set), &set);
}

void give_way_to_recording() noexcept {
  constexpr int kNiceness = 5;
  // Linux: of this thread alone (setpriority(2), "C library/kernel differences").
  static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNiceness));
}

void name_current_thread(std::string_view name) noexcept {
  char buffer[16] = {};
  std::copy_n(name.data(), std::min(name.size(), sizeof(buffer) - 1), buffer);
  ::pthread_setname_np(::pthread_self(), buffer);
}

}  // namespace capstan
