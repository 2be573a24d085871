// ServeMetrics: counts of what this server did, for Prometheus.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

namespace capstan::serve {

// Any thread.
class ServeMetrics {
 public:
  void request_began() noexcept { running_.fetch_add(1, std::memory_order_relaxed); }
  void request_ended(unsigned status, std::uint64_t bytes) noexcept;
  void wrong_token() noexcept { wrong_tokens_.fetch_add(1, std::memory_order_relaxed); }
  void timed_out() noexcept { timed_out_.fetch_add(1, std::memory_order_relaxed); }
  void connection_began() noexcept { connections_.fetch_add(1, std::memory_order_relaxed); }
  void connection_ended() noexcept { connections_.fetch_sub(1, std::memory_order_relaxed); }
  std::uint64_t connections() const noexcept {
    return connections_.load(std::memory_order_relaxed);
  }
  void dropped_client() noexcept { dropped_clients_.fetch_add(1, std::memory_order_relaxed); }

  // `log_lines_left_out`: the present count.
  std::string text(std::uint64_t log_lines_left_out) const;

 private:
  std::array<std::atomic<std::uint64_t>, 600> by_status_{};
  std::atomic<std::uint64_t> running_{0};
  std::atomic<std::uint64_t> connections_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> wrong_tokens_{0};
  std::atomic<std::uint64_t> timed_out_{0};
  std::atomic<std::uint64_t> dropped_clients_{0};
};

// The metrics of the recorders in RecorderWatch's status.
std::string recorder_metrics(std::string_view status_json);

}  // namespace capstan::serve
