#include "tools/dial/dial_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/core/clock.h"
#include "tools/common/units.h"

namespace capstan::dial {

namespace {

// A sensor whose last connection was given away dials another one at once.
constexpr std::uint64_t kExpectedNs = 30 * kNanosecondsPerSecond;
// Then it is tried once more: it may have been the sensor, which stood still.
constexpr std::uint64_t kNothingNs = 300 * kNanosecondsPerSecond;
// Addresses of a name without a connection; those with one are bounded by connections.
constexpr std::size_t kMostSources = 16;

std::uint64_t since(std::uint64_t then_ns, std::uint64_t now_ns) noexcept {
  return now_ns - std::min(now_ns, then_ns);
}

}  // namespace

Standing DialNames::Source::standing(std::uint64_t now_ns) const noexcept {
  const bool is_old = judged == Standing::kNothing && since(judged_ns, now_ns) >= kNothingNs;
  return is_old ? Standing::kUnknown : judged;
}

// Of the networks that have most names without a connection, the name that was there last the
// longest time ago.
bool DialNames::forget_name() {
  std::map<std::string, std::size_t> of_network;
  std::size_t most = 0;
  for (const auto& [text, name] : names_) {
    if (name.waiting == 0) most = std::max(most, ++of_network[name.network]);
  }
  auto oldest = names_.end();
  for (auto one = names_.begin(); one != names_.end(); ++one) {
    if (one->second.waiting != 0 || of_network[one->second.network] != most) continue;
    if (oldest == names_.end() || one->second.last_ns < oldest->second.last_ns) oldest = one;
  }
  if (oldest == names_.end()) return false;
  forgotten_ns_ = std::max(forgotten_ns_, oldest->second.last_ns);
  names_.erase(oldest);
  return true;
}

bool DialNames::forget_source(Name& name) {
  auto oldest = name.sources.end();
  for (auto one = name.sources.begin(); one != name.sources.end(); ++one) {
    if (one->second.waiting != 0) continue;
    if (oldest == name.sources.end() || one->second.last_ns < oldest->second.last_ns) oldest = one;
  }
  if (oldest == name.sources.end()) return false;
  name.sources.erase(oldest);
  return true;
}

const DialNames::Source* DialNames::find(const std::string& name,
                                         const std::string& address) const {
  const auto found = names_.find(name);
  if (found == names_.end()) return nullptr;
  const auto source = found->second.sources.find(address);
  return source == found->second.sources.end() ? nullptr : &source->second;
}

bool DialNames::came(const std::string& name, const std::string& address,
                     const std::string& network, std::uint64_t now_ns) {
  auto found = names_.find(name);
  if (found == names_.end()) {
    if (names_.size() >= most_ && !forget_name()) return false;
    found = names_.try_emplace(name).first;
  }
  Name& one = found->second;
  if (one.sources.count(address) == 0 && one.sources.size() >= kMostSources) {
    static_cast<void>(forget_source(one));
  }
  Source& source = one.sources[address];
  ++one.waiting;
  ++source.waiting;
  one.last_ns = source.last_ns = now_ns;
  one.network = network;
  return true;
}

void DialNames::went(const std::string& name, const std::string& address, std::uint64_t now_ns) {
  Name& one = names_[name];
  Source& source = one.sources[address];
  --one.waiting;
  --source.waiting;
  one.last_ns = source.last_ns = now_ns;
}

void DialNames::given(const std::string& name, const std::string& address) {
  names_[name].sources[address].given = ++given_;
}

void DialNames::judge(const std::string& name, const std::string& address,
                      const std::string& instance, std::uint64_t now_ns) {
  const auto found = names_.find(name);
  if (found == names_.end()) return;
  const auto source = found->second.sources.find(address);
  if (source == found->second.sources.end()) return;
  source->second.judged = instance.empty() ? Standing::kNothing : Standing::kAnswered;
  source->second.judged_ns = now_ns;
  if (!instance.empty()) source->second.instance = instance;
}

std::size_t DialNames::waiting(const std::string& name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? 0 : found->second.waiting;
}

std::size_t DialNames::waiting(const std::string& name, const std::string& address) const {
  const Source* const source = find(name, address);
  return source == nullptr ? 0 : source->waiting;
}

DialNames::Turn DialNames::turn(const std::string& name, const std::string& address,
                                std::uint64_t now_ns) const {
  const Source* const source = find(name, address);
  return source == nullptr ? Turn{} : Turn{source->standing(now_ns), source->given};
}

std::string DialNames::who_makes_room(const std::string& name, const std::string& address,
                                      std::uint64_t now_ns) const {
  const auto found = names_.find(name);
  if (found == names_.end()) return {};
  const Source* const known = find(name, address);
  const Source own = known == nullptr ? Source{} : *known;
  const std::string* worst = nullptr;
  auto worst_key = std::pair(own.standing(now_ns), own.waiting + 1);
  for (const auto& [other, source] : found->second.sources) {
    const auto key = std::pair(source.standing(now_ns), source.waiting);
    if (source.waiting == 0 || other == address || key <= worst_key) continue;
    worst = &other;
    worst_key = key;
  }
  return worst == nullptr ? std::string() : *worst;
}

std::vector<DialSource> DialNames::sources(const std::string& name, std::uint64_t now_ns) const {
  std::vector<DialSource> all;
  const auto found = names_.find(name);
  if (found == names_.end()) return all;
  for (const auto& [address, source] : found->second.sources) {
    const bool is_expected =
        !source.instance.empty() && since(source.last_ns, now_ns) < kExpectedNs;
    if (source.waiting != 0 || is_expected) {
      all.push_back({address, source.standing(now_ns), source.instance});
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const DialSource& one, const DialSource& other) {
    return one.standing < other.standing;
  });
  return all;
}

bool DialNames::is_expected(const std::string& name, std::uint64_t now_ns) const {
  const auto found = names_.find(name);
  return found != names_.end() && since(found->second.last_ns, now_ns) < kExpectedNs;
}

std::string DialNames::absence(const std::string& name, std::uint64_t now_ns) const {
  const auto time = [now_ns](std::uint64_t then_ns) {
    return tools::local_time(wall_clock_ns() - since(then_ns, now_ns));
  };
  const auto found = names_.find(name);
  if (found == names_.end() && forgotten_ns_ != 0) {
    return fmt::format(
        "it did not dial in since {}; of those that were there before, not all are "
        "remembered",
        time(forgotten_ns_));
  }
  if (found == names_.end()) {
    return fmt::format("it did not dial in since the central `capstan serve` began, {}",
                       time(started_ns_));
  }
  const auto& sources = found->second.sources;
  const bool silent = std::any_of(sources.begin(), sources.end(), [](const auto& one) {
    return one.second.given != 0 && one.second.judged == Standing::kNothing;
  });
  return fmt::format("none of its connections is left{}, and it did not dial in since {}",
                     silent ? ", the last ones answered nothing" : "", time(found->second.last_ns));
}

std::vector<DialNames::Seen> DialNames::seen(std::uint64_t now_ns) const {
  std::vector<Seen> all;
  for (const auto& [text, name] : names_) {
    Seen one;
    one.name = text;
    one.waiting = name.waiting;
    if (name.waiting == 0) {
      one.last_s_ago = since(name.last_ns, now_ns) / kNanosecondsPerSecond;
    }
    for (const auto& [address, source] : name.sources) {
      if (source.waiting != 0) one.addresses.push_back(address);
    }
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace capstan::dial
