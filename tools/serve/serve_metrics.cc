#include "tools/serve/serve_metrics.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tools/common/json_text.h"
#include "tools/serve/endpoints.h"
#include "tools/serve/recorder_watch.h"
#include "tools/watch/exposition.h"

namespace capstan::serve {

namespace {

struct RecorderFigure {
  const char* name;
  const char* key;
  const char* help;
};
constexpr RecorderFigure kFigures[] = {
    {"recorder_packets_received_total", "packets_received", "Packets a recorder was given."},
    {"recorder_packets_dropped_total", "packets_dropped", "Of them, lost because a ring was full."},
    {"recorder_packets_written_total", "packets_written", "Of them, those on a file."},
    {"recorder_packets_failed_total", "packets_failed", "Of them, not written for an error."},
    {"recorder_written_bytes_total", "bytes_written", "Bytes a recorder has written."},
};

}  // namespace

void ServeMetrics::request_ended(unsigned status, std::uint64_t bytes) noexcept {
  running_.fetch_sub(1, std::memory_order_relaxed);
  bytes_.fetch_add(bytes, std::memory_order_relaxed);
  by_status_[status < by_status_.size() ? status : 0].fetch_add(1, std::memory_order_relaxed);
}

std::string ServeMetrics::text(std::uint64_t log_lines_left_out) const {
  tools::Exposition out;
  const auto one = [&out](const char* name, const char* type, const char* help,
                          std::uint64_t value) {
    out.family(name, type, help);
    out.sample("", value);
  };
  out.family("build_info", "gauge", "The version that runs.");
  out.sample(fmt::format("version=\"{}\"", CAPSTAN_VERSION), 1);
  out.family("serve_requests_total", "counter", "Requests answered, by status; 0: not answered.");
  for (std::size_t status = 0; status < by_status_.size(); ++status) {
    const std::uint64_t count = by_status_[status].load(std::memory_order_relaxed);
    if (count != 0) out.sample(fmt::format("status=\"{}\"", status), count);
  }
  one("serve_requests_running", "gauge", "Requests being answered.",
      running_.load(std::memory_order_relaxed));
  one("serve_connections", "gauge", "Connections that are open.", connections());
  one("serve_sent_bytes_total", "counter", "Bytes of answers.",
      bytes_.load(std::memory_order_relaxed));
  one("serve_wrong_tokens_total", "counter", "Requests with a token or ticket that was wrong.",
      wrong_tokens_.load(std::memory_order_relaxed));
  one("serve_timed_out_total", "counter", "Queries that this server's limit of time ended.",
      timed_out_.load(std::memory_order_relaxed));
  one("serve_dropped_clients_total", "counter", "Connections ended because they did not go on.",
      dropped_clients_.load(std::memory_order_relaxed));
  one("serve_log_lines_left_out_total", "counter", "Lines the log of requests did not take.",
      log_lines_left_out);
  return out.take();
}

std::string recorder_metrics(std::string_view status_json) {
  const auto status = tools::try_parse_json(status_json);
  if (!status.is_object() || !status.contains("recorders")) return {};
  tools::Exposition out;
  for (const RecorderFigure& figure : kFigures) {
    out.family(figure.name, "counter", figure.help);
    for (const auto& recorder : status["recorders"]) {
      const auto& stats = recorder["stats"];
      if (!stats.is_object() || !stats.contains(figure.key)) continue;
      const auto& value = stats[figure.key];
      const auto pid = recorder.contains("pid") ? recorder["pid"] : nlohmann::json();
      if (!value.is_number_unsigned() || !pid.is_number_integer()) continue;
      std::string interfaces;
      if (recorder.contains("interfaces") && recorder["interfaces"].is_array()) {
        for (const auto& name : recorder["interfaces"]) {
          if (name.is_string()) {
            if (!interfaces.empty()) interfaces += ',';
            interfaces += name.get<std::string>();
          }
        }
      }
      out.sample(fmt::format("pid=\"{}\",interfaces=\"{}\"", pid.get<std::int64_t>(),
                             tools::label_text(interfaces)),
                 value.get<std::uint64_t>());
    }
  }
  return out.take();
}

void answer_metrics(Desk& desk, const Inquiry&, Answer& answer) {
  answer.whole(200, tools::kExpositionType,
               desk.metrics() + recorder_metrics(desk.recorders.status()));
}

}  // namespace capstan::serve
