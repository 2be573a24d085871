#include "tools/dial/resolver.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <mutex>

#include "engine/core/errors.h"
#include "engine/core/thread.h"

namespace capstan::dial {

struct Resolver::Shared {
  UniqueFd ready{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::mutex mutex;  // protects `found`
  std::optional<Found> found;

  void put(Found what) {
    const std::lock_guard lock(mutex);
    found = std::move(what);
    static_cast<void>(::eventfd_write(ready.get(), 1));
  }
};

Resolver::Resolver(TcpName name) : name_(std::move(name)), shared_(std::make_shared<Shared>()) {
  if (!shared_->ready) throw_errno("make an eventfd");
}

int Resolver::descriptor() const noexcept { return shared_->ready.get(); }

void Resolver::ask() {
  if (asking_) return;
  asking_ = true;
  try {
    start_thread("looks a name up", [shared = shared_, name = name_] {
      Found found;
      try {
        found.addresses = resolve_tcp(name);
      } catch (const std::exception& error) {
        found.error = error.what();
      }
      shared->put(std::move(found));
    }).detach();
  } catch (const std::system_error& error) {
    shared_->put({{}, error.what()});
  }
}

std::optional<Resolver::Found> Resolver::take() {
  const std::lock_guard lock(shared_->mutex);
  if (!shared_->found) return std::nullopt;
  eventfd_t count = 0;
  static_cast<void>(::eventfd_read(shared_->ready.get(), &count));
  std::optional<Found> found = std::move(shared_->found);
  shared_->found.reset();
  asking_ = false;
  return found;
}

}  // namespace capstan::dial
