// Where a secret shows: in files, and in the memory of a process.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace capstan::test {

// A password in every form in which it could be written: as it is, its first half, and base64 (RFC
// 4648 section 4) behind 0, 1 or 2 other bytes of a group, as in "user:password".
class SecretForms {
 public:
  explicit SecretForms(const std::string& secret);
  // The form that `text` holds; empty when it holds none.
  std::string found_in(std::string_view text) const;

 private:
  std::vector<std::string> forms_;
};

// One mapping of a process that holds a secret.
struct MemoryFinding {
  std::string mapping;   // its line of /proc/PID/maps, and the form found
  bool in_dumps = true;  // a core dump of everything would hold it: not MADV_DONTDUMP, not I/O
};

// Looks through all memory of a stopped or waiting process that can be read. Requires: root.
std::vector<MemoryFinding> search_memory(pid_t pid, const SecretForms& secret);

}  // namespace capstan::test
