#include "engine/core/memory.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <string_view>

#include "engine/core/unique_fd.h"

namespace capstan {

std::uint64_t available_memory_bytes() noexcept {
  const UniqueFd fd(::open("/proc/meminfo", O_RDONLY | O_CLOEXEC));
  char buffer[1024];  // it is the third line
  const ssize_t size = fd ? ::read(fd.get(), buffer, sizeof(buffer)) : -1;
  if (size <= 0) return 0;
  const std::string_view text(buffer, static_cast<std::size_t>(size));
  constexpr std::string_view kLabel = "MemAvailable:";
  std::size_t at = text.find(kLabel);
  if (at == text.npos) return 0;
  at = text.find_first_not_of(' ', at + kLabel.size());
  if (at == text.npos) return 0;
  std::uint64_t kibibytes = 0;
  std::from_chars(text.data() + at, text.data() + text.size(), kibibytes);
  return kibibytes << 10;
}

}  // namespace capstan
