// Privileges: how `capstan record` gives up what it no longer needs, before the first packet is
// looked at, and `capstan serve` before the first request.
//
// Order: sockets and rings are open -> change_user() -> outputs are opened by the writer threads ->
// lock_down() in each of them and in the main thread -> capture starts, whose threads inherit it.
// Capabilities, Landlock and seccomp belong to a thread: each that exists already asks for itself.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace capstan::tools {

// The user that recordings in these directories belong to: their owner, if they all have one and
// the same. Empty when that is root, or a user that this user namespace does not have, or when this
// process is not root: nothing to change to.
std::string default_user(const std::vector<std::string>& directories);

struct UserIds {
  uid_t user = 0;
  gid_t group = 0;
};
// Of a name or a number; a number without a name (a container's, a file server's) has the group of
// the same number. Throws UsageError for a name that does not exist.
UserIds user_ids(const std::string& user);

// Becomes `user` (a name or a number) with its groups, and keeps CAP_IPC_LOCK alone: writers
// register ring memory with it. Requires: root, and no other thread. Throws UsageError for a user
// that does not exist, std::system_error when refused.
void change_user(const std::string& user);

// For the calling thread and those it makes later: no capability, no new privileges, no program
// started, no new socket or io_uring (seccomp), and no file opened outside `directories` (Landlock)
// but for reading the clock's zone and the adapters' counters. Names in `socket_directory`, if one
// is given, may be removed. What is open stays open.
// Returns what this kernel cannot do, empty when all is done. Throws std::system_error when
// something is refused that should not be.
//
// io_uring runs its operations past seccomp; open_writing_ring() bounds what it can do.
std::string lock_down(const std::vector<std::string>& directories,
                      const std::string& socket_directory = {});

// The same for a process that only reads: files below `readable`, those by which protocols,
// services and hosts have names, and no others; sockets of this machine alone (AF_UNIX), to ask
// recorders. What is open stays open. Returns and throws as lock_down().
std::string lock_down_reader(std::vector<std::string> readable);

// Other people's passwords pass through this process: it leaves no core dump, and nobody without
// CAP_SYS_PTRACE reads its memory. Again after change_user(), which makes the kernel forget it.
void forbid_dumps() noexcept;

// For a process that only starts programs: they get no capability, also as root, and no set-user-id
// program gains any.
void drop_for_programs();

// False in builds with AddressSanitizer, whose leak check at the end traces the other threads and
// reads /proc, which a locked-down process may not, and with ThreadSanitizer, which has a thread of
// its own that nobody can ask.
bool can_lock_down() noexcept;

}  // namespace capstan::tools
