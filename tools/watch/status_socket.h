// StatusSocket: where a running recorder answers `capstan status`: who connects gets its figures as
// one JSON object and is let go. And where such sockets are found.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "engine/core/unique_fd.h"

namespace capstan::tools {

// Owns the socket and its name in the file system. One thread, never waits.
class StatusSocket {
 public:
  // Takes the place of a socket nobody listens at. Throws std::system_error.
  explicit StatusSocket(std::string path);
  ~StatusSocket();
  StatusSocket(const StatusSocket&) = delete;
  StatusSocket& operator=(const StatusSocket&) = delete;

  int descriptor() const noexcept { return fd_.get(); }
  const std::string& path() const noexcept { return path_; }
  // Answers everyone who is waiting with what `answer` makes.
  void serve(const std::function<std::string()>& answer) noexcept;

 private:
  std::string path_;
  UniqueFd fd_;
};

// The directory for the sockets of recorders that run as `owner`, made when it is not there:
// $RUNTIME_DIRECTORY (systemd's RuntimeDirectory=), for root /run/capstan/UID, otherwise
// $XDG_RUNTIME_DIR/capstan. Empty when there is none; then signals alone ask for figures.
std::string make_runtime_directory(uid_t owner, gid_t group);

// Sockets of killed recorders in `directory`: removed.
void remove_dead_sockets(const std::string& directory) noexcept;

// Where recorders of this user and of the system have their sockets, whether they are there or not.
std::vector<std::string> status_directories();

// Every recorder's socket that this user can see, dead ones included.
std::vector<std::string> find_status_sockets();

// A recorder runs that this user can see; one that was killed has left a dead socket.
bool a_recorder_runs();

// What the recorder at `path` answers; throws std::system_error when it does not.
std::string ask_status(const std::string& path);

}  // namespace capstan::tools
