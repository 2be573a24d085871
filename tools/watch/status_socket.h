// StatusSocket: where a running recorder answers `capstan status`: each client that connects
// receives the statistics as one JSON object and is disconnected. Also finds such sockets.
#pragma once

#include <sys/types.h>
#include <sys/un.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/core/clock.h"
#include "engine/core/unique_fd.h"

namespace capstan::tools {

// The address of a socket in the file system. Throws std::system_error for a path that is too long.
sockaddr_un unix_address(const std::string& path);

// Whether a socket stands there that no process listens at any more, which may be deleted. `type`:
// SOCK_STREAM or SOCK_SEQPACKET, as its owner made it. Whatever else stands there is not touched.
bool is_dead_socket(const std::string& path, int type);

// Owns the socket and its path in the file system. One thread, never waits.
class StatusSocket {
 public:
  // Listens at `path`, replacing a socket that no process listens at. Throws std::system_error.
  explicit StatusSocket(std::string path);
  ~StatusSocket();
  StatusSocket(const StatusSocket&) = delete;
  StatusSocket& operator=(const StatusSocket&) = delete;

  int descriptor() const noexcept { return fd_.get(); }
  const std::string& path() const noexcept { return path_; }
  // Sends what `answer` returns to every client that is waiting.
  void serve(const std::function<std::string()>& answer) noexcept;

 private:
  std::string path_;
  UniqueFd fd_;
};

// Returns the directory for the sockets of recorders that run as `owner`, created if it is missing:
// $RUNTIME_DIRECTORY (systemd's RuntimeDirectory=), for root /run/capstan/UID, otherwise
// $XDG_RUNTIME_DIR/capstan. Empty when there is none; then only signals can ask for statistics.
std::string make_runtime_directory(uid_t owner, gid_t group);

// Deletes the sockets that killed recorders left in `directory`.
void remove_dead_sockets(const std::string& directory) noexcept;

// The directories where recorders of this user and of the system have their sockets, whether they
// exist or not.
std::vector<std::string> status_directories();

// The sockets of all recorders that this user can see, including those of killed recorders.
std::vector<std::string> find_status_sockets();

// Whether the recorder of such a socket was killed. Another user's socket may not be connected to,
// dead or alive: there the process that it is named after is looked for.
bool is_left_behind(const std::string& path);

// Whether a recorder is running that this user can see. The socket left by a killed one does not
// count.
bool a_recorder_runs();

constexpr std::uint64_t kStatusPatienceNs = 5 * kNanosecondsPerSecond;

// Returns the answer of the recorder at `path`; throws std::system_error when there is none: with
// ETIMEDOUT when it is not whole after `patience_ns`, also from one that stands still with as many
// waiting as its queue holds, or that sends byte by byte.
std::string ask_status(const std::string& path, std::uint64_t patience_ns = kStatusPatienceNs);

}  // namespace capstan::tools
