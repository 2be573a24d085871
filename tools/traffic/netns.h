// Network namespaces: which one this thread is in, entering one, and finding one by the number that
// the kernel gives for the other end of a veth.
#pragma once

#include <optional>
#include <string>

#include "engine/core/unique_fd.h"

namespace capstan::traffic {

// Whether this thread is in the initial namespace of the machine. If that cannot be determined (no
// permission to read /proc/1), the answer is false only inside a user namespace of our own.
bool is_initial_netns();

// Opens "NAME" (/run/netns/NAME, as created by `ip netns add`) or a path with a slash in it. Throws
// UsageError when it does not exist or is not a network namespace.
UniqueFd open_netns(const std::string& name_or_path);

// This thread's own namespace.
UniqueFd open_current_netns();

// Moves the calling thread, and everything it opens from now on, into a namespace. Throws
// std::system_error.
void enter_netns(const UniqueFd& netns);

// A namespace that was found, and how a user knows it ("netns sink", "pid 4711").
struct FoundNetns {
  UniqueFd fd;
  std::string description;
};

// Finds the namespace that this one knows by the number `nsid` (rtnetlink's IFLA_LINK_NETNSID),
// among /run/netns and the processes in /proc. Empty: not found, or no permission to enter.
std::optional<FoundNetns> find_netns(int nsid);

}  // namespace capstan::traffic
