#include "tools/fleet/namesake_search.h"

#include <algorithm>

#include "engine/core/clock.h"

namespace capstan::fleet::asking {

namespace {

// For an address, however many there are.
constexpr std::uint64_t kLeastMs = 1000;

}  // namespace

void NamesakeSearch::end() noexcept {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  if (client_ != nullptr) client_->end();
}

std::vector<Namesake> NamesakeSearch::run(const std::string& instance, const std::string& address,
                                          const std::vector<dial::DialSource>& sources) {
  const std::uint64_t end_ns =
      monotonic_clock_ns() + fleet_.connect_limit_ms * kNanosecondsPerMillisecond;
  std::vector<Namesake> found;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const dial::DialSource& source = sources[i];
    // The same server from two addresses: a router with several.
    const bool is_same = !source.instance.empty() && source.instance == instance;
    if (source.address == address || is_same) continue;
    const std::uint64_t now_ns = monotonic_clock_ns();
    const std::uint64_t left_ms =
        end_ns <= now_ns ? 0 : (end_ns - now_ns) / kNanosecondsPerMillisecond;
    const std::uint64_t share_ms = std::max(left_ms / (sources.size() - i), kLeastMs);
    if (const auto one = look_at(source, instance, std::min(left_ms, share_ms))) {
      found.push_back(*one);
    }
  }
  return found;
}

// Nullopt: it is the same server, or this was ended.
std::optional<Namesake> NamesakeSearch::look_at(const dial::DialSource& source,
                                                const std::string& instance,
                                                std::uint64_t limit_ms) {
  const Namesake silent{
      source.instance.empty() ? Namesake::Kind::kPretends : Namesake::Kind::kSilent,
      source.address};
  // Somebody has asked there, not long ago, and got nothing that proves the name.
  const bool is_known = source.standing == dial::Standing::kNothing && source.instance.empty();
  if (limit_ms == 0 || is_known) return silent;
  SensorClient client(fleet_, sensor_, stop_, {source.address, limit_ms});
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return std::nullopt;
    client_ = &client;
  }
  tools::HttpRequest request;
  request.url = sensor_.url + "/api/v1/about";
  request.token = sensor_.token;
  const tools::HttpResponse response = client.send(request);
  {
    const std::lock_guard lock(mutex_);
    client_ = nullptr;
    if (ended_ || response.failure == tools::HttpFailure::kStopped) return std::nullopt;
  }
  if (response.status == 0) return silent;
  if (instance_of(response) == instance && !instance.empty()) return std::nullopt;
  return Namesake{Namesake::Kind::kOther, source.address};
}

}  // namespace capstan::fleet::asking
