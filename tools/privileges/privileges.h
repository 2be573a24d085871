// Privileges: how `capstan record` drops the privileges it no longer needs before it handles the
// first packet, and `capstan serve` before the first request.
//
// Order: sockets and rings are open -> change_user() -> outputs are opened by the writer threads ->
// lock_down() in each of them and in the main thread -> capture starts, whose threads inherit it.
// Capabilities, Landlock and seccomp belong to a thread: each existing thread has to call
// lock_down() itself.
#pragma once

#include <sys/types.h>

#include <cstdint>
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
// Looks up a name or a number. A number without a name (as in containers or on file servers) gets
// the group with the same number. Throws UsageError for a name that does not exist.
UserIds user_ids(const std::string& user);

// Becomes `user` (a name or a number) with the user's groups, and keeps only CAP_IPC_LOCK, which
// writers need to register ring memory. Requires: root, and no other thread. Throws UsageError for
// a user that does not exist, std::system_error when refused.
void change_user(const std::string& user);

// Restricts the calling thread and the threads it creates later: no capabilities, no new
// privileges, no program starts, no new socket or io_uring (seccomp), and no files opened outside
// `directories` (Landlock), except to read the time zone and the adapters' counters. If
// `socket_directory` is given, names in it may be deleted. Open descriptors stay usable. Returns
// what this kernel does not support, empty if everything was applied. Throws std::system_error when
// something is refused that should be possible.
//
// io_uring operations are not checked by seccomp; open_writing_ring() limits them.
std::string lock_down(const std::vector<std::string>& directories,
                      const std::string& socket_directory = {});

// What a process that only reads may need beside that.
struct ReaderNeeds {
  bool connects = false;             // to other machines, whose names it looks up
  std::vector<std::uint16_t> ports;  // TCP, of those machines alone (Linux 6.7); empty: any
  std::string temporary_folder;      // files may be made in it, and names deleted; empty: none
  std::string socket_directory;      // names in it may be deleted; empty: none
};

// The same for a process that only reads: files below `readable`, the files with the names of
// protocols, services and hosts, and no others; only sockets of this machine (AF_UNIX), to ask
// recorders, unless it connects to others. Open descriptors stay usable. Returns and throws like
// lock_down().
std::string lock_down_reader(std::vector<std::string> readable, const ReaderNeeds& needs = {});

// The same for a process that sends what it read to a server: what is below the directories
// `readable`, `files`, and what is needed to find servers and to check their certificates, to read;
// `writable` are directories to write in; only sockets of this machine and of the Internet
// protocols.
std::string lock_down_sender(std::vector<std::string> readable, std::vector<std::string> writable,
                             std::vector<std::string> files);

// Passwords of other people pass through this process: it must leave no core dump, and nobody
// without CAP_SYS_PTRACE may read its memory. To be called again after change_user(), which makes
// the kernel reset this.
void forbid_dumps() noexcept;

// For a process that only starts programs: they get no capabilities, even as root, and set-user-id
// programs gain none.
void drop_for_programs();

// False in builds with AddressSanitizer, whose leak check at the end traces the other threads and
// reads /proc, which a restricted process may not, and with ThreadSanitizer, which has a thread of
// its own that cannot be restricted.
bool can_lock_down() noexcept;

}  // namespace capstan::tools
