#include "tools/feed/feed_lookup.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "engine/core/cpu.h"
#include "engine/core/errors.h"
#include "engine/core/thread.h"
#include "tools/common/log.h"

namespace capstan::tools {

namespace {

constexpr std::chrono::seconds kPause{1};

}  // namespace

struct FeedLookup::Shared {
  std::vector<Name> names;  // the thread's
  std::mutex mutex;         // protects the rest
  std::condition_variable end;
  bool ended = false;
  std::vector<Found> found;
};

FeedLookup::FeedLookup(std::vector<Name> names) : shared_(std::make_shared<Shared>()) {
  shared_->names = std::move(names);
}

FeedLookup::~FeedLookup() {
  const std::lock_guard lock(shared_->mutex);
  shared_->ended = true;
  shared_->end.notify_all();
}

void FeedLookup::start(std::function<void()> confine) {
  if (shared_->names.empty()) return;
  start_thread("looks names up", [shared = shared_, confine = std::move(confine)] {
    name_current_thread("lookup");
    try {
      if (confine) confine();
      look_up(*shared);
    } catch (const std::exception& error) {
      standard_log().write(LogLevel::kError,
                           fmt::format("names are not looked up any more: {}; the recording is not "
                                       "touched by that",
                                       error.what()));
    }
  }).detach();
}

void FeedLookup::look_up(Shared& shared) {
  std::vector<std::size_t> left(shared.names.size());
  for (std::size_t i = 0; i < left.size(); ++i) left[i] = i;
  while (!left.empty()) {
    std::erase_if(left, [&](std::size_t which) {
      const Name& name = shared.names[which];
      std::vector<TcpAddress> addresses;
      try {
        addresses = resolve_tcp(name.name);
      } catch (const UsageError&) {  // it was said at the start, and may be mended by now
        return false;
      }
      std::erase_if(addresses, [&](const TcpAddress& address) {
        return std::find(name.families.begin(), name.families.end(), address.family()) ==
               name.families.end();
      });
      if (addresses.empty()) return false;
      const std::lock_guard lock(shared.mutex);
      shared.found.push_back({which, std::move(addresses)});
      return true;
    });
    std::unique_lock lock(shared.mutex);
    if (shared.end.wait_for(lock, kPause, [&] { return shared.ended; })) return;
  }
}

std::optional<FeedLookup::Found> FeedLookup::take() {
  const std::lock_guard lock(shared_->mutex);
  if (shared_->found.empty()) return std::nullopt;
  Found found = std::move(shared_->found.back());
  shared_->found.pop_back();
  return found;
}

}  // namespace capstan::tools
