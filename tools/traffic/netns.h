// Network namespaces: which one this thread is in, entering one, finding one by the number the
// kernel gives for a veth's other end.
#pragma once

#include <optional>
#include <string>

#include "engine/core/unique_fd.h"

namespace capstan::traffic {

// Whether this thread is in the namespace the machine booted with. When that cannot be found out
// (/proc/1 is not ours to look at) the answer is no only inside a user namespace of our own.
bool is_initial_netns();

// Opens "NAME" (/run/netns/NAME, as `ip netns add` makes it) or a path with a slash in it. Throws
// UsageError when there is none or it is no network namespace.
UniqueFd open_netns(const std::string& name_or_path);

// This thread's own namespace.
UniqueFd open_current_netns();

// Moves the calling thread, and what it opens from now on, into a namespace. Throws
// std::system_error.
void enter_netns(const UniqueFd& netns);

// A namespace found, and how a user knows it ("netns sink", "pid 4711").
struct FoundNetns {
  UniqueFd fd;
  std::string description;
};

// The namespace that this one knows under `nsid` (rtnetlink's IFLA_LINK_NETNSID), looked for among
// /run/netns and the processes of /proc. Empty: not found or not ours to enter.
std::optional<FoundNetns> find_netns(int nsid);

}  // namespace capstan::traffic
