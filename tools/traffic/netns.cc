#include "tools/traffic/netns.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <linux/net_namespace.h>
#include <linux/nsfs.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "engine/core/directory_entries.h"
#include "engine/core/errors.h"

namespace capstan::traffic {

namespace {

constexpr char kOwnNetns[] = "/proc/thread-self/ns/net";
constexpr char kNamedFolder[] = "/run/netns";

// Asks the kernel under which number this namespace knows the one behind `netns`. -1: none.
int nsid_of(int route_socket, int netns) noexcept {
  struct {
    nlmsghdr header;
    rtgenmsg general;
    alignas(4) rtattr attribute;
    std::uint32_t fd;
  } request{};
  request.header.nlmsg_len = sizeof(request);
  request.header.nlmsg_type = RTM_GETNSID;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.attribute.rta_len = sizeof(rtattr) + sizeof(std::uint32_t);
  request.attribute.rta_type = NETNSA_FD;
  request.fd = static_cast<std::uint32_t>(netns);
  if (::send(route_socket, &request, sizeof(request), 0) < 0) return -1;
  alignas(nlmsghdr) std::array<std::uint8_t, 1024> answer{};
  const ssize_t size = ::recv(route_socket, answer.data(), answer.size(), 0);
  constexpr std::size_t kFixed = sizeof(nlmsghdr) + NLMSG_ALIGN(sizeof(rtgenmsg));
  if (size < static_cast<ssize_t>(kFixed + sizeof(rtattr) + 4)) return -1;
  nlmsghdr head{};
  rtattr attribute{};
  int nsid = -1;
  std::memcpy(&head, answer.data(), sizeof(head));
  std::memcpy(&attribute, answer.data() + kFixed, sizeof(attribute));
  if (head.nlmsg_type != RTM_NEWNSID || attribute.rta_type != NETNSA_NSID) return -1;
  std::memcpy(&nsid, answer.data() + kFixed + sizeof(rtattr), sizeof(nsid));
  return nsid;
}

bool is_number(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](unsigned char c) { return std::isdigit(c) != 0; });
}

}  // namespace

bool is_initial_netns() {
  struct stat own {};
  if (::stat(kOwnNetns, &own) != 0) return true;
  // kthreadd never leaves the first namespace; where it cannot be seen (a PID namespace) process 1
  // is what the machine, as far as we know it, booted with.
  std::string second_name;
  std::getline(std::ifstream("/proc/2/comm"), second_name);
  for (const char* const path : {"/proc/2/ns/net", "/proc/1/ns/net"}) {
    if (path[6] == '2' && second_name != "kthreadd") continue;
    struct stat first {};
    if (::stat(path, &first) == 0) {
      return own.st_dev == first.st_dev && own.st_ino == first.st_ino;
    }
  }
  // user_namespaces(7): the first user namespace maps every id to itself.
  std::ifstream map("/proc/self/uid_map");
  unsigned long inside = 0;
  unsigned long outside = 0;
  unsigned long count = 0;
  if (!(map >> inside >> outside >> count)) return true;
  return inside == 0 && outside == 0 && count == 4294967295UL;
}

UniqueFd open_netns(const std::string& name_or_path) {
  const bool is_path = name_or_path.find('/') != std::string::npos;
  const std::string path =
      is_path ? name_or_path : fmt::format("{}/{}", kNamedFolder, name_or_path);
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    throw UsageError(
        fmt::format("network namespace '{}': {}: {}", name_or_path, path, errno_text(errno)));
  }
  struct statfs file_system {};
  if (::fstatfs(fd.get(), &file_system) != 0 || file_system.f_type != NSFS_MAGIC ||
      ::ioctl(fd.get(), NS_GET_NSTYPE) != CLONE_NEWNET) {
    throw UsageError(fmt::format("'{}' is no network namespace", path));
  }
  return fd;
}

UniqueFd open_current_netns() {
  UniqueFd fd(::open(kOwnNetns, O_RDONLY | O_CLOEXEC));
  if (!fd) throw_errno(fmt::format("open {}", kOwnNetns));
  return fd;
}

void enter_netns(const UniqueFd& netns) {
  if (::setns(netns.get(), CLONE_NEWNET) != 0) {
    throw_errno("setns to the network namespace", "It needs CAP_SYS_ADMIN: run as root");
  }
}

std::optional<FoundNetns> find_netns(int nsid) {
  const UniqueFd route(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!route) return std::nullopt;
  const auto matches = [&route, nsid](const std::string& path) {
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (fd && nsid_of(route.get(), fd.get()) != nsid) fd.reset();
    return fd;
  };
  std::optional<FoundNetns> found;
  static_cast<void>(for_each_entry(kNamedFolder, [&](const auto& entry) {
    if (found) return;
    UniqueFd fd = matches(entry.path());
    if (fd) found = FoundNetns{std::move(fd), "netns " + entry.path().filename().string()};
  }));
  static_cast<void>(for_each_entry("/proc", [&](const auto& entry) {
    const std::string pid = entry.path().filename();
    if (found || !is_number(pid)) return;
    UniqueFd fd = matches(entry.path() / "ns/net");
    if (fd) found = FoundNetns{std::move(fd), "pid " + pid};
  }));
  return found;
}

}  // namespace capstan::traffic
