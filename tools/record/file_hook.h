// FileHook: runs a program for each finished file, in a process of its own.
//
// The recorder itself may start no program once it has given up its privileges, and its threads
// must not wait for one. So a helper is forked first, before there is a socket, a ring or a thread,
// and is told the names over a socket.
#pragma once

#include <sys/types.h>

#include <string>

#include "engine/core/unique_fd.h"

namespace capstan::tools {

// Owns the helper's end of life: destroying this lets it finish what it has been told and end. One
// that outlives the recorder (a kill) does the same.
class FileHook {
 public:
  // Forks the helper. `command` is run by sh(1) with the file's name in place of {}, or behind it.
  // Requires: no other thread.
  explicit FileHook(const std::string& command);
  ~FileHook() = default;

  // What the programs may do: as this user (a name or a number; empty: the present one), and
  // without capabilities. Called once, before the first file. Without it they keep all rights.
  void give_up_privileges(const std::string& user);
  // Any thread; never waits. What the helper cannot take is said on standard error.
  void run_for(const std::string& path) noexcept;
  // The file was deleted. No program is started for it any more, and what one that runs makes of
  // it, under its name and the ending of a compressed file, is deleted too, unless a new file has
  // got the name meanwhile. As run_for().
  void forget(const std::string& path) noexcept;
  // No more files will come. True when all programs have ended; does not wait.
  [[nodiscard]] bool finished() noexcept;

 private:
  // 0 or an errno value.
  int tell(char kind, const std::string& path) noexcept;

  UniqueFd socket_;
  pid_t helper_ = -1;
};

}  // namespace capstan::tools
