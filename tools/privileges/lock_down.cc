#include <cap-ng.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <iterator>

#include "engine/core/errors.h"
#include "engine/core/unique_fd.h"
#include "tools/privileges/privileges.h"

namespace capstan::tools {

namespace {

constexpr const char* kEscape = "--keep-privileges goes on without giving anything up";
constexpr std::uint64_t kTruncate = 1ULL << 14;  // LANDLOCK_ACCESS_FS_TRUNCATE, ABI 3
constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kReadFile = LANDLOCK_ACCESS_FS_READ_FILE;

// Where the C library finds servers' names, and OpenSSL authorities. All of /etc, because who
// changes /etc/resolv.conf puts a new file there, which a rule for the old one does not allow; what
// in it is secret is kept by its mode.
constexpr const char* kNamesOfServers[] = {"/etc",
                                           "/run/systemd/resolve",
                                           "/run/resolvconf",
                                           "/run/NetworkManager",
                                           "/usr/share/ca-certificates",
                                           "/usr/local/share/ca-certificates",
                                           "/usr/lib",
                                           "/lib"};
// To make a file that has no name, or loses it at once.
constexpr std::uint64_t kTemporary = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                                     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE;

// LANDLOCK_ACCESS_NET_BIND_TCP and _CONNECT_TCP, their attributes and rule, ABI 4 (Linux 6.7).
constexpr std::uint64_t kBindTcp = 1ULL << 0;
constexpr std::uint64_t kConnectTcp = 1ULL << 1;
struct RulesetAttributes {
  std::uint64_t handled_access_fs = 0;
  std::uint64_t handled_access_net = 0;
};
constexpr int kRuleNetPort = 2;
struct NetPortAttributes {
  std::uint64_t allowed_access = 0;
  std::uint64_t port = 0;
};

// All rights on files that this ABI knows, up to the third.
std::uint64_t handled_rights(long abi) {
  std::uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
  if (abi >= 2) rights |= LANDLOCK_ACCESS_FS_REFER;
  if (abi >= 3) rights |= kTruncate;
  return rights;
}

void allow_below(int ruleset, const std::string& path, std::uint64_t rights, bool required) {
  const UniqueFd place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  landlock_path_beneath_attr rule{};
  rule.allowed_access = rights;
  rule.parent_fd = place.get();
  const bool added =
      place && ::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
  if (!added && required) throw_errno(fmt::format("allow writing below {}", path), kEscape);
}

void allow_port(int ruleset, std::uint16_t port) {
  const NetPortAttributes rule{kConnectTcp, port};
  if (::syscall(SYS_landlock_add_rule, ruleset, kRuleNetPort, &rule, 0) != 0) {
    throw_errno(fmt::format("allow connections to port {}", port), kEscape);
  }
}

// What may be opened.
struct AllowedFiles {
  std::vector<std::string> writable;  // directories
  std::string removable;              // a directory whose names may be removed
  std::vector<std::string> readable;  // directories; those that are not there are passed over
  std::vector<std::string> files;     // to be read
  std::string temporary;              // a directory for files of this process alone
  std::vector<std::uint16_t> ports;   // TCP, to connect to; empty: any
};

// False: this kernel has no Landlock.
bool restrict_files(const AllowedFiles& allowed) {
  const long abi =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (abi < 1) return false;
  RulesetAttributes attributes;
  attributes.handled_access_fs = handled_rights(abi);
  const bool by_port = abi >= 4 && !allowed.ports.empty();
  if (by_port) attributes.handled_access_net = kBindTcp | kConnectTcp;
  const UniqueFd ruleset(static_cast<int>(
      ::syscall(SYS_landlock_create_ruleset, &attributes,
                by_port ? sizeof(attributes) : sizeof(attributes.handled_access_fs), 0)));
  if (!ruleset) throw_errno("make a Landlock rule set", kEscape);
  const std::uint64_t all =
      attributes.handled_access_fs & ~std::uint64_t{LANDLOCK_ACCESS_FS_EXECUTE};
  for (const std::string& directory : allowed.writable) {
    allow_below(ruleset.get(), directory, all, true);
  }
  if (!allowed.removable.empty()) {
    allow_below(ruleset.get(), allowed.removable, LANDLOCK_ACCESS_FS_REMOVE_FILE, false);
  }
  for (const std::uint16_t port : allowed.ports) {
    if (by_port) allow_port(ruleset.get(), port);
  }
  if (!allowed.temporary.empty()) {
    allow_below(ruleset.get(), allowed.temporary,
                (kTemporary | kTruncate) & attributes.handled_access_fs, true);
  }
  for (const std::string& directory : allowed.readable) {
    allow_below(ruleset.get(), directory, kRead, false);
  }
  for (const std::string& file : allowed.files) allow_below(ruleset.get(), file, kReadFile, false);
  // Local times in messages.
  allow_below(ruleset.get(), "/etc/localtime", kReadFile, false);
  allow_below(ruleset.get(), "/usr/share/zoneinfo", kRead, false);
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) {
    throw_errno("restrict files with Landlock", kEscape);
  }
  return true;
}

enum class Sockets : std::uint8_t { kNone, kLocal, kLocalAndInternet };

// Returns an errno value.
int refuse_sockets(scmp_filter_ctx filter, Sockets sockets) {
  // What SCMP_A0() is, which in C++ is an extension: the first argument. A rule may look at it
  // once.
  std::vector<scmp_arg_cmp> refused;
  if (sockets == Sockets::kLocal) refused.push_back({0, SCMP_CMP_NE, AF_UNIX, 0});
  if (sockets == Sockets::kLocalAndInternet) {
    for (int family = 0; family < AF_INET6; ++family) {
      if (family == AF_UNIX || family == AF_INET) continue;
      refused.push_back({0, SCMP_CMP_EQ, static_cast<scmp_datum_t>(family), 0});
    }
    refused.push_back({0, SCMP_CMP_GT, AF_INET6, 0});
  }
  if (refused.empty()) {
    return -::seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 0);
  }
  for (const scmp_arg_cmp& family : refused) {
    const int error =
        -::seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1, &family);
    if (error != 0) return error;
  }
  return 0;
}

// Refuses what no part of recording or serving does, with EPERM. Not a list of what is allowed:
// libraries change what they call, and a recording that dies of that in its third month helps
// nobody.
void restrict_calls(Sockets sockets) {
  constexpr int kRefused[] = {
      SCMP_SYS(execve),
      SCMP_SYS(execveat),
      SCMP_SYS(ptrace),
      SCMP_SYS(process_vm_readv),
      SCMP_SYS(process_vm_writev),
      SCMP_SYS(bpf),
      SCMP_SYS(perf_event_open),
      SCMP_SYS(userfaultfd),
      SCMP_SYS(io_uring_setup),
      SCMP_SYS(mount),
      SCMP_SYS(umount2),
      SCMP_SYS(pivot_root),
      SCMP_SYS(chroot),
      SCMP_SYS(unshare),
      SCMP_SYS(setns),
      SCMP_SYS(init_module),
      SCMP_SYS(finit_module),
      SCMP_SYS(delete_module),
      SCMP_SYS(kexec_load),
      SCMP_SYS(kexec_file_load),
      SCMP_SYS(keyctl),
      SCMP_SYS(add_key),
      SCMP_SYS(request_key),
      SCMP_SYS(open_by_handle_at),
      SCMP_SYS(pidfd_getfd),
      SCMP_SYS(setuid),
      SCMP_SYS(setgid),
      SCMP_SYS(setresuid),
      SCMP_SYS(setresgid),
      SCMP_SYS(setgroups),
      SCMP_SYS(reboot),
  };
  const scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ALLOW);
  int error = filter == nullptr ? ENOMEM : 0;
  for (const int call : kRefused) {
    if (error == 0) error = -::seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 0);
  }
  // libcurl and the C library look a name up in a thread, and wake who waits through such a pair.
  if (error == 0 && sockets != Sockets::kLocalAndInternet) {
    error = -::seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socketpair), 0);
  }
  if (error == 0) error = refuse_sockets(filter, sockets);
  if (error == 0) error = -::seccomp_load(filter);
  ::seccomp_release(filter);
  if (error != 0) throw_system_error(error, "load the seccomp filter", kEscape);
}

void drop_capabilities() {
  // The bounding set, too, where that is allowed: to root. Elsewhere it means nothing any more,
  // because no program can be started that would draw on it.
  for (int capability = 0; capability <= CAP_LAST_CAP; ++capability) {
    ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  ::capng_clear(CAPNG_SELECT_CAPS);
  if (::capng_apply(CAPNG_SELECT_CAPS) != 0) throw_errno("drop all capabilities", kEscape);
}

std::string lock_down_to(const AllowedFiles& allowed, Sockets sockets) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) throw_errno("set no_new_privs", kEscape);
  const bool files_restricted = restrict_files(allowed);
  drop_capabilities();
  restrict_calls(sockets);
  return files_restricted ? std::string()
                          : "this kernel has no Landlock (5.13, CONFIG_SECURITY_LANDLOCK): files "
                            "outside the target directory are only protected by their modes";
}

}  // namespace

std::string lock_down(const std::vector<std::string>& directories,
                      const std::string& socket_directory) {
  // Counters of adapters are links into /sys/devices.
  return lock_down_to(
      {directories, socket_directory, {"/sys/class/net", "/sys/devices"}, {}, {}, {}},
      Sockets::kNone);
}

std::string lock_down_reader(std::vector<std::string> readable, const ReaderNeeds& needs) {
  if (needs.connects) {
    readable.insert(readable.end(), std::begin(kNamesOfServers), std::end(kNamesOfServers));
  }
  // What libpcap and the C library look names of protocols, services and hosts up in.
  return lock_down_to({{},
                       needs.socket_directory,
                       std::move(readable),
                       {"/etc/protocols", "/etc/services", "/etc/hosts", "/etc/networks",
                        "/etc/ethers", "/etc/nsswitch.conf"},
                       needs.temporary_folder,
                       needs.ports},
                      needs.connects ? Sockets::kLocalAndInternet : Sockets::kLocal);
}

std::string lock_down_sender(std::vector<std::string> readable, std::vector<std::string> writable,
                             std::vector<std::string> files) {
  readable.insert(readable.end(), std::begin(kNamesOfServers), std::end(kNamesOfServers));
  return lock_down_to({std::move(writable), {}, std::move(readable), std::move(files), {}, {}},
                      Sockets::kLocalAndInternet);
}

void drop_for_programs() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) throw_errno("set no_new_privs", kEscape);
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  ::capng_clear(CAPNG_SELECT_BOTH);
  // The bounding set is root's only to clear, and matters for root only.
  const capng_select_t what = ::geteuid() == 0 ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS;
  if (::capng_apply(what) != 0) throw_errno("drop all capabilities", kEscape);
}

bool can_lock_down() noexcept {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  return false;
#else
  return true;
#endif
#else
  return true;
#endif
}

}  // namespace capstan::tools
