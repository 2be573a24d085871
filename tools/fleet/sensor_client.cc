#include "tools/fleet/sensor_client.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/core/clock.h"
#include "engine/core/joined.h"
#include "tools/common/counted.h"
#include "tools/common/units.h"

namespace capstan::fleet::asking {

namespace {

using tools::HttpFailure;

constexpr unsigned kMostOfAnAddress = 4;
constexpr unsigned kMostInAll = 64;
// A sensor that works at idle priority beside a recorder has so long to answer TLS, whoever else
// says its name.
constexpr std::uint64_t kLeastForTlsMs = 1000;
constexpr std::size_t kShownAddresses = 3;

}  // namespace

std::string instance_of(const tools::HttpResponse& response) {
  const std::string* const text = response.header("Capstan-Instance");
  const bool sound = text != nullptr && text->size() <= 32 &&
                     text->find_first_not_of("0123456789abcdef") == text->npos;
  return sound ? *text : std::string();
}

SensorClient::SensorClient(const FleetFile& fleet, const Sensor& sensor,
                           const std::atomic<bool>& stop, DialledFrom from)
    : sensor_(sensor),
      address_(std::move(from.address)),
      limit_ms_(from.limit_ms == 0 ? fleet.connect_limit_ms : from.limit_ms),
      client_([&] {
        tools::HttpOptions options;
        options.tls = sensor.tls;
        options.connect_limit_ms = limit_ms_;
        options.silence_limit_ms = from.limit_ms == 0 ? fleet.silence_limit_ms : from.limit_ms;
        options.stop = &stop;
        if (!sensor.dial.empty()) {
          options.connect = [this](const std::function<bool()>& stopped, std::string& why,
                                   std::uint64_t& tls_limit_ms) {
            return connect(stopped, why, tls_limit_ms);
          };
        }
        return options;
      }()) {}

std::uint64_t SensorClient::left_ms() const noexcept {
  const std::uint64_t now_ns = monotonic_clock_ns();
  return end_ns_ <= now_ns ? 0 : (end_ns_ - now_ns) / kNanosecondsPerMillisecond;
}

// The time is shared with the addresses that may be the sensor's too, so that one that is silent
// does not use it up.
std::uint64_t SensorClient::time_for_tls(std::uint64_t left_ms) const {
  std::uint64_t others = 0;
  for (const dial::DialSource& source : dialled_.sources) {
    const bool is_other = source.address != dialled_.address;
    others += is_other && source.standing != dial::Standing::kNothing ? 1 : 0;
  }
  if (!dialled_.sources.empty()) others = std::max<std::uint64_t>(others, 1);
  return std::min(left_ms, std::max(left_ms / (others + 1), kLeastForTlsMs));
}

UniqueFd SensorClient::connect(const std::function<bool()>& stopped, std::string& why,
                               std::uint64_t& tls_limit_ms) {
  dialled_ = {};
  const std::uint64_t left = left_ms();
  if (left == 0) {
    why = "the time for it is over";
    return {};
  }
  dialled_ = dial::take_connection({sensor_.via, sensor_.dial, address_, left / 2}, stopped, why);
  if (!dialled_.socket) return {};
  ++had_[dialled_.address];
  ++had_in_all_;
  tls_limit_ms = time_for_tls(left_ms());
  return std::move(dialled_.socket);
}

void SensorClient::tell(const tools::HttpResponse& response) {
  // TLS was there before nothing came.
  const bool not_known = response.failure == HttpFailure::kStopped ||
                         response.failure == HttpFailure::kNotWanted ||
                         response.failure == HttpFailure::kSilent;
  if (response.status != 0) {
    const std::string instance = instance_of(response);
    dialled_.tell(instance.empty() ? "0" : instance);
  } else if (!not_known) {
    dialled_.tell({});
  }
}

// What is known, where connections were had and the sensor has answered through none of them.
std::string SensorClient::failure_text(const tools::HttpResponse& last) const {
  const bool has_none = last.failure <= HttpFailure::kNoSuchHost;
  if (had_in_all_ == 0) return last.error;
  std::vector<std::string> addresses;
  for (const auto& [address, count] : had_) {
    if (addresses.size() < kShownAddresses) addresses.push_back(address);
  }
  const std::string more =
      had_.size() > addresses.size()
          ? fmt::format(" and {} other addresses", had_.size() - addresses.size())
          : std::string();
  const std::string why = has_none ? last_failure_ : last.error;
  if (had_in_all_ == 1 && !has_none) return last.error;
  return fmt::format(
      "{} dialled under its name from {}{} {} tried, and the sensor answered "
      "through none; the last one: {}",
      tools::counted(had_in_all_, "connection"), joined(addresses, ", "), more,
      had_in_all_ == 1 ? "was" : "were", why);
}

tools::HttpResponse SensorClient::send(const tools::HttpRequest& request,
                                       const tools::HttpTake& take) {
  if (sensor_.dial.empty()) return client_.send(request, take);
  had_.clear();
  had_in_all_ = 0;
  last_failure_.clear();
  end_ns_ = monotonic_clock_ns() + limit_ms_ * kNanosecondsPerMillisecond;
  const tools::HttpTake taking =
      !take ? take : [&](const tools::HttpResponse& head, std::span<const std::uint8_t> bytes) {
        tell(head);  // the answer itself may last for long
        return take(head, bytes);
      };
  for (unsigned attempt = 1;; ++attempt) {
    const unsigned had_before = had_in_all_;
    tools::HttpResponse response = client_.send(request, taking);
    const bool was_dialled = had_in_all_ != had_before;
    if (was_dialled) tell(response);
    const bool has_none = response.failure <= HttpFailure::kNoSuchHost;  // or is stopped
    const bool ends = response.status != 0 || has_none || response.failure == HttpFailure::kSilent;
    // One that was kept from the request before may have ended meanwhile.
    const bool again =
        attempt < kMostInAll &&
        (!was_dialled || (had_[dialled_.address] < kMostOfAnAddress && left_ms() != 0));
    if (!ends && again) {
      last_failure_ = response.error;
      continue;
    }
    const bool is_stopped = response.failure == HttpFailure::kStopped;
    if (response.failure != HttpFailure::kNone && response.status == 0 && !is_stopped) {
      response.error = failure_text(response);
    }
    return response;
  }
}

}  // namespace capstan::fleet::asking
