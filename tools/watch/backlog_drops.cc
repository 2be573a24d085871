#include "tools/watch/backlog_drops.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace capstan::tools {

BacklogDrops::BacklogDrops(const std::string& path)
    : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  read();
  total_ = 0;
}

std::uint64_t BacklogDrops::total() {
  read();
  return total_;
}

// net/core/net-procfs.c, softnet_seq_show(): a line a CPU, hexadecimal: packets, dropped, ..., the
// thirteenth field the CPU's number (since Linux 5.10; before it the lines are in their order).
void BacklogDrops::read() {
  if (!fd_) return;
  std::string text;
  char piece[4096];
  ssize_t length = 0;
  while ((length = ::pread(fd_.get(), piece, sizeof(piece), static_cast<off_t>(text.size()))) > 0) {
    text.append(piece, static_cast<std::size_t>(length));
  }
  std::uint32_t line_number = 0;
  for (std::size_t at = 0; at < text.size(); ++line_number) {
    std::size_t end = text.find('\n', at);
    if (end == std::string::npos) end = text.size();
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    unsigned dropped = 0;
    unsigned cpu = line_number;
    if (std::sscanf(line.c_str(), "%*x %x %*x %*x %*x %*x %*x %*x %*x %*x %*x %*x %x", &dropped,
                    &cpu) < 1) {
      continue;
    }
    const auto [known, is_new] = last_.try_emplace(cpu, dropped);
    // A CPU that is switched on has counted from its own beginning. Modulo 2^32.
    total_ += is_new ? dropped : dropped - known->second;
    known->second = dropped;
  }
}

}  // namespace capstan::tools
