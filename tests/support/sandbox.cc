#include "tests/support/sandbox.h"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include "engine/core/errors.h"
#include "tests/support/process.h"

namespace capstan::test {

void Sandbox::SetUp() {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to make network namespaces";
  if (::unshare(CLONE_NEWNET | CLONE_NEWNS) != 0) throw_errno("unshare");
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) throw_errno("mount /");
  // /sys shows the interfaces of the namespace it was mounted in.
  if (::mount("sysfs", "/sys", "sysfs", 0, nullptr) != 0) throw_errno("mount /sys");
  // Other recorders of this machine are none of a test's.
  shell("mkdir -p /run/capstan");
  if (::mount("none", "/run/capstan", "tmpfs", 0, "mode=755") != 0) throw_errno("mount /run");
  shell("ip link set lo up");
  make_pair("v0", "v1");
}

void Sandbox::make_pair(const std::string& one, const std::string& other) {
  shell("ip link add " + one + " type veth peer name " + other + " && for i in " + one + " " +
        other +
        "; do sysctl -qw net.ipv6.conf.$i.disable_ipv6=1; ip link set $i mtu 9100 up; done");
  wait_for_link(one);
  wait_for_link(other);
}

void Sandbox::wait_for_link(const std::string& interface) {
  ASSERT_TRUE(wait_until([&] {
    const std::string link = run({"ip", "link", "show", interface}).out;
    return link.find(" state UP ") != std::string::npos &&
           link.find(" qdisc noop ") == std::string::npos;
  })) << interface;
}

}  // namespace capstan::test
