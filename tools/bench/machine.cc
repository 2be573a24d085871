#include "tools/bench/machine.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "engine/core/mmap_region.h"
#include "engine/core/unique_fd.h"
#include "writers/plain_backends.h"
#include "writers/uring_backend.h"

namespace capstan::bench {

namespace {

constexpr std::uint32_t kWriteBytes = 1U << 20;
constexpr std::size_t kInFlight = 32;

// The value behind "NAME   : value" or NAME="value" of the first line that begins with NAME.
std::string value_in(const char* path, std::string_view name, char separator) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (line.compare(0, name.size(), name) != 0) continue;
    const std::size_t at = line.find(separator);
    if (at == line.npos) continue;
    std::string value = line.substr(at + 1);
    const std::size_t first = value.find_first_not_of(" \t\"");
    const std::size_t last = value.find_last_not_of(" \t\"");
    return first == value.npos ? "" : value.substr(first, last - first + 1);
  }
  return "";
}

// The type of the mount that holds the directory, by the longest mount point in front of it.
std::string file_system_of(const std::string& directory) {
  std::error_code ignored;
  const std::string path = std::filesystem::canonical(directory, ignored).string();
  std::ifstream mounts("/proc/self/mounts");
  std::string line;
  std::string best_point;
  std::string best_type = "unknown";
  while (std::getline(mounts, line)) {
    std::istringstream words(line);
    std::string device;
    std::string point;
    std::string type;
    words >> device >> point >> type;
    const bool holds = path.compare(0, point.size(), point) == 0 &&
                       (point == "/" || path.size() == point.size() || path[point.size()] == '/');
    if (holds && point.size() >= best_point.size()) {
      best_point = point;
      best_type = type;
    }
  }
  return best_type;
}

UniqueFd open_unnamed(const std::string& directory, std::uint64_t bytes) {
  constexpr int kFlags = O_TMPFILE | O_RDWR | O_CLOEXEC;
  UniqueFd fd(::open(directory.c_str(), kFlags | O_DIRECT, 0600));
  if (!fd) fd = UniqueFd(::open(directory.c_str(), kFlags, 0600));
  if (!fd) throw_errno(fmt::format("create a file in {}", directory));
  if (::fallocate(fd.get(), 0, 0, static_cast<off_t>(bytes)) != 0 && errno != EOPNOTSUPP) {
    throw_errno(fmt::format("reserve {} MiB in {}", bytes >> 20, directory), "Free some space");
  }
  return fd;
}

}  // namespace

void describe_machine(BenchReport& report, const std::string& directory) {
  report.cpu = value_in("/proc/cpuinfo", "model name", ':');
  report.cpus = static_cast<unsigned>(::sysconf(_SC_NPROCESSORS_ONLN));
  struct sysinfo info {};
  if (::sysinfo(&info) == 0) report.memory_bytes = std::uint64_t{info.totalram} * info.mem_unit;
  utsname system{};
  if (::uname(&system) == 0) report.kernel = system.release;
  report.os = value_in("/etc/os-release", "PRETTY_NAME", '=');
  report.directory = directory;
  report.file_system = file_system_of(directory);
}

double measure_disk(const std::string& directory, std::uint64_t bytes,
                    const std::atomic<bool>& stop) {
  const UniqueFd fd = open_unnamed(directory, bytes);
  int error = 0;
  std::unique_ptr<IoBackend> backend = make_uring_backend(2 * kInFlight, error);
  if (!backend) backend = make_pwrite_backend();
  const MmapRegion memory(::mmap(nullptr, kInFlight * kWriteBytes, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0),
                          kInFlight * kWriteBytes);
  if (memory.data() == MAP_FAILED) throw_errno("mmap of the buffers");
  std::memset(memory.data(), 0x5a, memory.size());
  backend->use_file(fd.get());
  const std::span<std::uint8_t> regions[] = {{memory.data(), memory.size()}};
  [[maybe_unused]] const int refused = backend->register_memory(regions);

  std::uint64_t submitted = 0;
  std::uint64_t completed = 0;
  std::array<IoCompletion, kInFlight> done{};
  const auto submit = [&](std::uint32_t slot) {
    if (submitted + kWriteBytes > bytes || stop.load(std::memory_order_relaxed)) return;
    if (!backend->try_submit({memory.data() + slot * kWriteBytes, kWriteBytes, submitted, slot})) {
      return;
    }
    submitted += kWriteBytes;
  };
  const std::uint64_t begun_ns = monotonic_clock_ns();
  for (std::uint32_t slot = 0; slot < kInFlight; ++slot) submit(slot);
  backend->flush();
  int failure = 0;
  while (completed < submitted) {
    backend->wait(kNanosecondsPerMillisecond);
    const std::size_t count = backend->reap(done);
    for (std::size_t i = 0; i < count; ++i) {
      completed += kWriteBytes;
      if (done[i].result < 0) failure = -done[i].result;
      if (failure == 0) submit(done[i].tag);
    }
    backend->flush();
  }
  if (failure != 0) throw_system_error(failure, fmt::format("write to {}", directory));
  const double seconds = static_cast<double>(monotonic_clock_ns() - begun_ns) / 1e9;
  backend->use_file(-1);
  return seconds > 0 ? static_cast<double>(completed) / seconds : 0;
}

double measure_memcpy() {
  constexpr std::size_t kBytes = std::size_t{256} << 20;
  constexpr int kRounds = 4;
  const auto area = [] {
    return MmapRegion(::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0),
                      kBytes);
  };
  const MmapRegion from = area();
  const MmapRegion to = area();
  if (from.data() == MAP_FAILED || to.data() == MAP_FAILED) throw_errno("mmap for memcpy");
  std::memset(from.data(), 1, kBytes);
  const std::uint64_t begun_ns = monotonic_clock_ns();
  std::uint8_t seen = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::memcpy(to.data(), from.data(), kBytes);
    // Looked at, so that no round can be left out.
    seen = static_cast<std::uint8_t>(seen + to.data()[static_cast<std::size_t>(round)]);
  }
  const double seconds = static_cast<double>(monotonic_clock_ns() - begun_ns) / 1e9;
  return seen == kRounds && seconds > 0 ? kRounds * static_cast<double>(kBytes) / seconds : 0;
}

std::uint64_t free_bytes(const std::string& directory) {
  struct statvfs space {};
  if (::statvfs(directory.c_str(), &space) != 0) throw_errno(fmt::format("look at {}", directory));
  return std::uint64_t{space.f_bavail} * space.f_frsize;
}

}  // namespace capstan::bench
