// ServiceNotify: informs systemd about the state of the service: ready, alive, what it is doing,
// stopping.
//
// Uses the protocol of sd_notify(3), which is documented and stable: a datagram of NAME=VALUE lines
// to $NOTIFY_SOCKET. libsystemd is not used, because its sd_notify() opens a socket at every call,
// which the recorder's seccomp filter refuses: this class opens one before that and keeps it.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/core/unique_fd.h"

namespace capstan::tools {

// One thread. Does nothing if NOTIFY_SOCKET is not set; it is not an error if the service manager
// does not listen.
class ServiceNotify {
 public:
  ServiceNotify();

  void ready(std::string_view status);
  void stopping();
  // To be called several times a second. Sends a sign of life when one is due (WATCHDOG_USEC), with
  // the status line; without a watchdog the status line every few seconds. `status` is called only
  // then.
  template <typename Status>
  void tick(std::uint64_t now_ns, Status status) {
    if (fd_ && now_ns >= next_ns_) alive(now_ns, status());
  }
  bool active() const noexcept { return static_cast<bool>(fd_); }

 private:
  void alive(std::uint64_t now_ns, std::string_view status);
  void send(std::string_view text) const;

  UniqueFd fd_;
  sockaddr_un address_{};
  socklen_t address_bytes_ = 0;
  bool watchdog_ = false;
  std::uint64_t interval_ns_;
  std::uint64_t next_ns_ = 0;
};

}  // namespace capstan::tools
