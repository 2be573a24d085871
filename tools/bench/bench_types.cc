#include "tools/bench/bench_types.h"

namespace capstan::bench {

namespace {

double ratio(double part, double whole) noexcept { return whole > 0 ? part / whole : 0; }

}  // namespace

double Trial::loss_percent() const noexcept {
  return 100 * ratio(static_cast<double>(lost()), static_cast<double>(offered));
}

double Trial::offered_pps() const noexcept { return ratio(static_cast<double>(offered), seconds); }

double Trial::offered_bps() const noexcept {
  return ratio(static_cast<double>(offered_bytes) * 8, seconds);
}

double Trial::cpu_ns_per_packet() const noexcept {
  return ratio(static_cast<double>(cpu_ns), static_cast<double>(offered));
}

}  // namespace capstan::bench
