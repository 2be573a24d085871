#include <cap-ng.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>

#include "engine/core/errors.h"
#include "tools/privileges/privileges.h"

namespace capstan::tools {

namespace {

// Whether this process's user namespace has a user of that number (user_namespaces(7)); one that it
// has not looks like 65534 in stat(2), whom nobody here can become.
bool has_user(uid_t user) {
  std::ifstream map("/proc/self/uid_map");
  if (!map) return true;
  std::uint64_t first = 0;
  std::uint64_t outside = 0;
  std::uint64_t count = 0;
  while (map >> first >> outside >> count) {
    if (user >= first && user - first < count) return true;
  }
  return false;
}

}  // namespace

std::string default_user(const std::vector<std::string>& directories) {
  if (::geteuid() != 0 || directories.empty()) return {};
  uid_t owner = 0;
  for (std::size_t i = 0; i < directories.size(); ++i) {
    struct stat status {};
    if (::stat(directories[i].c_str(), &status) != 0) return {};
    if (i != 0 && status.st_uid != owner) return {};
    owner = status.st_uid;
  }
  return owner == 0 || !has_user(owner) ? std::string() : std::to_string(owner);
}

namespace {

// The entry of a name or a number; null for a number that has none. Throws for such a name.
const passwd* find_user(const std::string& user) {
  const bool is_number = !user.empty() && user.find_first_not_of("0123456789") == std::string::npos;
  const passwd* entry = ::getpwnam(user.c_str());
  if (entry == nullptr && is_number) {
    entry = ::getpwuid(static_cast<uid_t>(std::strtoul(user.c_str(), nullptr, 10)));
  }
  if (entry == nullptr && !is_number) {
    throw UsageError(fmt::format("-Z {}: there is no such user", user));
  }
  return entry;
}

}  // namespace

UserIds user_ids(const std::string& user) {
  if (const passwd* entry = find_user(user)) return {entry->pw_uid, entry->pw_gid};
  const auto number = static_cast<uid_t>(std::strtoul(user.c_str(), nullptr, 10));
  return {number, number};
}

void change_user(const std::string& user) {
  const bool known = find_user(user) != nullptr;
  const UserIds ids = user_ids(user);
  if (::geteuid() != 0) {
    throw UsageError(fmt::format("-Z {}: only root can become another user", user));
  }
  ::capng_clear(CAPNG_SELECT_BOTH);
  ::capng_update(CAPNG_ADD, static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED),
                 CAP_IPC_LOCK);
  const auto flags = static_cast<capng_flags_t>(
      CAPNG_CLEAR_BOUNDING | (known ? CAPNG_INIT_SUPP_GRP : CAPNG_DROP_SUPP_GRP));
  const int result =
      ::capng_change_id(static_cast<int>(ids.user), static_cast<int>(ids.group), flags);
  if (result != 0) {
    throw_errno(fmt::format("become user {} (step {} of libcap-ng)", user, -result),
                "--keep-privileges stays who you are");
  }
}

}  // namespace capstan::tools
