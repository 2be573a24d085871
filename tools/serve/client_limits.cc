#include "tools/serve/client_limits.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/common/units.h"

namespace capstan::serve {

namespace {

constexpr std::uint64_t kHourSeconds = 3600;

}  // namespace

ClientLimits::Client& ClientLimits::entry(const std::string& key, std::uint64_t now_s) {
  const auto found = clients_.find(key);
  if (found == clients_.end() && clients_.size() >= kMostClients) {
    auto oldest = clients_.end();
    for (auto at = clients_.begin(); at != clients_.end(); ++at) {
      if (at->second.queries != 0 || at->second.streams != 0) continue;
      if (oldest == clients_.end() || at->second.seen_s < oldest->second.seen_s) oldest = at;
    }
    if (oldest != clients_.end()) clients_.erase(oldest);
  }
  const auto [at, is_new] = clients_.try_emplace(key);
  Client& client = at->second;
  client.seen_s = now_s;
  if (is_new || now_s - client.hour_began_s >= kHourSeconds) {
    client.hour_began_s = now_s;
    client.bytes = 0;
  }
  return client;
}

Refusal ClientLimits::begin(const std::string& name, bool stream, std::uint64_t now_s) {
  const std::lock_guard lock(mutex_);
  Client& client = entry(name, now_s);
  if (client.bytes >= rules_.bytes_an_hour) {
    return {fmt::format("you have had {} in this hour, and {} are the most",
                        tools::human_bytes(client.bytes), tools::human_bytes(rules_.bytes_an_hour)),
            std::max<std::uint64_t>(client.hour_began_s + kHourSeconds - now_s, 1)};
  }
  unsigned& running = stream ? client.streams : client.queries;
  const unsigned most = stream ? rules_.streams_at_once : rules_.queries_at_once;
  if (running >= most) {
    return {fmt::format("{} {} of yours are running, which is the most at once", running,
                        stream ? "streams of events" : "queries"),
            1};
  }
  ++running;
  return {};
}

void ClientLimits::end(const std::string& name, bool stream, std::uint64_t bytes,
                       std::uint64_t now_s) {
  const std::lock_guard lock(mutex_);
  Client& client = entry(name, now_s);
  unsigned& running = stream ? client.streams : client.queries;
  if (running != 0) --running;
  client.bytes += bytes;
}

// One wrong guess is forgotten every few seconds.
void ClientLimits::forgive(Client& client, std::uint64_t now_s) const noexcept {
  const std::uint64_t forgiven = (now_s - client.wrong_since_s) / rules_.guess_every_s;
  client.wrong -= std::min(client.wrong, forgiven);
  client.wrong_since_s += forgiven * rules_.guess_every_s;
}

Refusal ClientLimits::may_guess(const std::string& address, std::uint64_t now_s) {
  const std::lock_guard lock(mutex_);
  const auto found = clients_.find("guess " + address);
  if (found == clients_.end()) return {};
  Client& client = found->second;
  forgive(client, now_s);
  if (client.wrong < rules_.guesses) return {};
  const std::uint64_t since_s = now_s - client.wrong_since_s;
  return {"too many wrong tokens came from this address",
          rules_.guess_every_s - std::min(since_s, rules_.guess_every_s - 1)};
}

void ClientLimits::guessed_wrong(const std::string& address, std::uint64_t now_s) {
  const std::lock_guard lock(mutex_);
  Client& client = entry("guess " + address, now_s);
  if (client.wrong == 0) client.wrong_since_s = now_s;
  forgive(client, now_s);
  ++client.wrong;
}

std::size_t ClientLimits::clients() const {
  const std::lock_guard lock(mutex_);
  return clients_.size();
}

}  // namespace capstan::serve
