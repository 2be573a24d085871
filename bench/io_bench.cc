// Submitting and reaping writes of 1 MiB: what the way to the disk costs a block. To a file
// preallocated in the working directory, with O_DIRECT where the file system has it, and to
// nothing.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>

#include "engine/core/check.h"
#include "engine/core/mmap_region.h"
#include "engine/core/unique_fd.h"
#include "writers/io/plain_backends.h"
#include "writers/io/uring_backend.h"

namespace {

using namespace capstan;

constexpr std::uint32_t kWriteBytes = 1U << 20;
constexpr std::size_t kInFlight = 8;
constexpr std::uint64_t kFileBytes = std::uint64_t{256} << 20;

double process_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// A file without a name, gone with its descriptor.
UniqueFd make_file(bool direct) {
  UniqueFd fd(::open(".", O_TMPFILE | O_RDWR | O_CLOEXEC | (direct ? O_DIRECT : 0), 0600));
  if (!fd) return fd;
  if (::fallocate(fd.get(), 0, 0, static_cast<off_t>(kFileBytes)) != 0) return UniqueFd();
  return fd;
}

void write_blocks(benchmark::State& state, std::unique_ptr<IoBackend> backend, int fd) {
  if (!backend) {
    state.SkipWithError("this backend is refused here");
    return;
  }
  const MmapRegion memory(::mmap(nullptr, kInFlight * kWriteBytes, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0),
                          kInFlight * kWriteBytes);
  backend->use_file(fd);
  const std::span<std::uint8_t> regions[] = {{memory.data(), memory.size()}};
  const bool registered = backend->register_memory(regions) == 0;
  std::uint64_t offset = 0;
  std::size_t under_way = 0;
  std::array<IoCompletion, kInFlight> done{};
  const auto submit = [&](std::uint32_t slot) {
    CAPSTAN_CHECK(
        backend->try_submit({memory.data() + slot * kWriteBytes, kWriteBytes, offset, slot}));
    offset = (offset + kWriteBytes) % kFileBytes;
    ++under_way;
  };
  for (std::uint32_t slot = 0; slot < kInFlight; ++slot) submit(slot);
  const double cpu_before = process_seconds();
  std::int64_t writes = 0;
  const auto reap = [&](bool again) {
    backend->wait(1'000'000);
    const std::size_t count = backend->reap(done);
    under_way -= count;
    for (std::size_t i = 0; i < count; ++i) {
      CAPSTAN_CHECK(done[i].result == static_cast<std::int32_t>(kWriteBytes), done[i].result);
      if (again) submit(done[i].tag);
    }
    backend->flush();
    return static_cast<std::int64_t>(count);
  };
  for (auto _ : state) {
    std::int64_t count = 0;
    while (count == 0) count = reap(true);
    writes += count;
  }
  state.counters["cpu-us/write"] =
      (process_seconds() - cpu_before) * 1e6 / static_cast<double>(writes);
  while (under_way != 0) reap(false);
  state.SetBytesProcessed(writes * kWriteBytes);
  state.SetItemsProcessed(writes);
  state.SetLabel(registered ? "" : "memory not registered");
}

void uring_to_file(benchmark::State& state) {
  UniqueFd fd = make_file(true);
  const bool direct = static_cast<bool>(fd);
  if (!direct) fd = make_file(false);
  if (!fd) {
    state.SkipWithError("no room for a file of 256 MiB in the working directory");
    return;
  }
  int error = 0;
  write_blocks(state, make_uring_backend(32, error), fd.get());
}
BENCHMARK(uring_to_file)->UseRealTime();

void uring_to_dev_null(benchmark::State& state) {
  const UniqueFd fd(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  int error = 0;
  write_blocks(state, make_uring_backend(32, error), fd.get());
}
BENCHMARK(uring_to_dev_null)->UseRealTime();

void null_backend(benchmark::State& state) { write_blocks(state, make_null_backend(), -1); }
BENCHMARK(null_backend)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
