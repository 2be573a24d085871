#include "tools/bench/machine.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "engine/core/mmap_region.h"
#include "tools/doctor/disk_probe.h"

namespace capstan::bench {

namespace {

// A disk this slow is known well enough by then.
constexpr std::uint64_t kDiskLimitNs = 10 * kNanosecondsPerSecond;

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
  report.file_system = tools::read_disk_facts(directory).file_system;
}

double measure_disk(const std::string& directory, std::uint64_t bytes) {
  const tools::DiskRate rate =
      tools::measure_disk_rate(tools::read_disk_facts(directory), bytes, kDiskLimitNs);
  if (rate.error != 0) {
    throw_system_error(rate.error, fmt::format("write to {}", directory), "Free some space");
  }
  return rate.bytes_per_second();
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

}  // namespace capstan::bench
