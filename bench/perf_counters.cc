#include "bench/perf_counters.h"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace capstan::bench {

namespace {

UniqueFd open_event(std::uint64_t config, int group) {
  perf_event_attr attributes{};
  attributes.size = sizeof(attributes);
  attributes.type = PERF_TYPE_HARDWARE;
  attributes.config = config;
  if (group < 0) attributes.disabled = 1;
  attributes.exclude_kernel = 1;
  attributes.exclude_hv = 1;
  const long fd = ::syscall(SYS_perf_event_open, &attributes, 0, -1, group, 0);
  return UniqueFd(static_cast<int>(fd));
}

}  // namespace

PerfCounters::PerfCounters() {
  events_[0] = open_event(PERF_COUNT_HW_INSTRUCTIONS, -1);
  if (!events_[0]) return;
  events_[1] = open_event(PERF_COUNT_HW_CACHE_MISSES, events_[0].get());
  available_ = static_cast<bool>(events_[1]);
}

void PerfCounters::start() noexcept {
  if (available_) ::ioctl(events_[0].get(), PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP);
}

void PerfCounters::stop() noexcept {
  if (available_) ::ioctl(events_[0].get(), PERF_EVENT_IOC_DISABLE, PERF_IOC_FLAG_GROUP);
}

void PerfCounters::report(benchmark::State& state, std::uint64_t packets) const {
  if (!available_) {
    state.SetLabel("instructions, cache misses: n/a (no hardware counters)");
    return;
  }
  const char* const names[kEvents] = {"instructions/packet", "cache-misses/packet"};
  for (std::size_t i = 0; i < kEvents; ++i) {
    std::uint64_t value = 0;
    if (::read(events_[i].get(), &value, sizeof(value)) != sizeof(value)) continue;
    state.counters[names[i]] = static_cast<double>(value) / static_cast<double>(packets);
  }
}

}  // namespace capstan::bench
