// run_command: a command as a user runs it: its exit status, what goes to stdout and what to
// stderr.
#pragma once

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

#include "tests/support/temp_dir.h"

namespace capstan::test {

struct Ran {
  int status = -1;  // -1: ended by a signal
  std::string out;
  std::string err;
  std::string all() const { return out + err; }
  bool tells(const std::string& text) const { return all().find(text) != std::string::npos; }
};

// `command` goes to a shell.
inline Ran run_command(const std::string& command) {
  const TempDir aside;
  const std::string errors = aside.path() / "stderr";
  Ran ran;
  std::FILE* const pipe = ::popen(("{ " + command + "; } 2>'" + errors + "'").c_str(), "r");
  if (pipe == nullptr) return ran;
  std::array<char, 4096> buffer{};
  std::size_t count = 0;
  while ((count = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0) {
    ran.out.append(buffer.data(), count);
  }
  const int ended = ::pclose(pipe);
  ran.status = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
  ran.err = read_text(errors);
  return ran;
}

}  // namespace capstan::test
