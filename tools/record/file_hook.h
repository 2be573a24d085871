// FileHook: runs a program for each finished file, in a process of its own.
//
// The recorder itself cannot start programs after it has dropped its privileges, and its threads
// must not wait for one. So a helper process is forked first, before there is a socket, a ring or a
// thread, and receives the names over a socket.
#pragma once

#include <sys/types.h>

#include <string>

#include "engine/core/unique_fd.h"

namespace capstan::tools {

// Owns the connection to the helper. When this object is destroyed, or the recorder is killed, the
// helper finishes the files it has received and ends.
class FileHook {
 public:
  // Forks the helper. `command` is run by sh(1), with the file's name in place of {}, or appended.
  // Requires: no other thread. Throws std::system_error.
  explicit FileHook(const std::string& command);
  ~FileHook() = default;

  // The programs will run as `user` (a name or a number; empty: the present user) and without
  // capabilities. To be called once, before the first file; without this call they keep all
  // privileges. Throws std::system_error.
  void give_up_privileges(const std::string& user);
  // Passes a file to the helper. Any thread; never waits. If the helper cannot take it, a warning
  // is logged.
  void run_for(const std::string& path) noexcept;
  // The file was deleted. No program is started for it any more, and what one that runs makes of
  // it, under its name and the ending of a compressed file, is deleted too, unless a new file has
  // got the name meanwhile. As run_for().
  void forget(const std::string& path) noexcept;
  // To be called when no more files will come. Returns true when all programs have ended; does not
  // wait.
  [[nodiscard]] bool finished() noexcept;

 private:
  // Returns 0 or an errno value.
  int tell(char kind, const std::string& path) noexcept;

  UniqueFd socket_;
  pid_t helper_ = -1;
};

}  // namespace capstan::tools
