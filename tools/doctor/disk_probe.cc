#include "tools/doctor/disk_probe.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <utility>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "engine/core/files.h"
#include "engine/core/mmap_region.h"
#include "engine/core/unique_fd.h"
#include "writers/io/plain_backends.h"
#include "writers/io/uring_backend.h"

namespace capstan::tools {

namespace {

constexpr std::uint32_t kWriteBytes = 1U << 20;
constexpr std::uint32_t kWritesUnderWay = 16;
constexpr long kZfsMagic = 0x2fc12fc1;  // not in the kernel's own list
constexpr std::uint64_t kWaitNs = 100 * kNanosecondsPerMillisecond;

std::string file_system_name(long magic) {
  constexpr std::pair<long, const char*> kNames[] = {
      {EXT4_SUPER_MAGIC, "ext4"},  {XFS_SUPER_MAGIC, "xfs"},   {BTRFS_SUPER_MAGIC, "btrfs"},
      {F2FS_SUPER_MAGIC, "f2fs"},  {TMPFS_MAGIC, "tmpfs"},     {OVERLAYFS_SUPER_MAGIC, "overlayfs"},
      {NFS_SUPER_MAGIC, "nfs"},    {FUSE_SUPER_MAGIC, "fuse"}, {SMB2_SUPER_MAGIC, "smb"},
      {MSDOS_SUPER_MAGIC, "vfat"}, {kZfsMagic, "zfs"},
  };
  for (const auto& [number, name] : kNames) {
    if (number == magic) return name;
  }
  return fmt::format("{:#x}", magic);
}

UniqueFd open_nameless(const std::string& directory) {
  UniqueFd file = open_nameless_file(directory);
  if (!file) {
    throw_errno(fmt::format("make a file in {}", directory),
                "The directory must be writable for this user");
  }
  return file;
}

// Keeps kWritesUnderWay writes going, each from its own piece of `memory`.
void write_all(IoBackend& backend, const MmapRegion& memory, std::uint64_t limit_bytes,
               std::uint64_t limit_ns, DiskRate& rate) {
  const std::uint64_t started_ns = monotonic_clock_ns();
  std::uint64_t offset = 0;
  std::uint32_t under_way = 0;
  const auto submit = [&](std::uint32_t tag) {
    if (rate.error != 0 || offset + kWriteBytes > limit_bytes ||
        monotonic_clock_ns() - started_ns > limit_ns) {
      return;
    }
    const IoWrite write{memory.data() + std::size_t{tag} * kWriteBytes, kWriteBytes, offset, tag};
    if (!backend.try_submit(write)) return;
    offset += kWriteBytes;
    ++under_way;
  };
  for (std::uint32_t tag = 0; tag < kWritesUnderWay; ++tag) submit(tag);
  std::array<IoCompletion, kWritesUnderWay> done;
  while (under_way != 0) {
    backend.flush();
    std::size_t count = backend.reap(done);
    if (count == 0) {
      backend.wait(kWaitNs);
      count = backend.reap(done);
    }
    for (const IoCompletion& completion : std::span(done).first(count)) {
      --under_way;
      if (completion.result > 0) {
        rate.bytes += static_cast<std::uint64_t>(completion.result);
      } else if (rate.error == 0) {
        rate.error = -completion.result;
      }
      submit(completion.tag);
    }
  }
  rate.duration_ns = monotonic_clock_ns() - started_ns;
}

}  // namespace

DiskFacts read_disk_facts(const std::string& directory) {
  DiskFacts facts;
  facts.directory = directory;
  struct statfs system {};
  if (::statfs(directory.c_str(), &system) != 0) {
    throw UsageError(fmt::format("{}: {}", directory, errno_text(errno)));
  }
  facts.file_system = file_system_name(static_cast<long>(system.f_type));
  const auto block = static_cast<std::uint64_t>(system.f_bsize);
  facts.free_bytes = system.f_bavail * block;
  facts.size_bytes = system.f_blocks * block;
  const UniqueFd file = open_nameless(directory);
  struct statx answer {};
  if (::statx(file.get(), "", AT_EMPTY_PATH, STATX_DIOALIGN, &answer) == 0 &&
      (answer.stx_mask & STATX_DIOALIGN) != 0) {
    facts.direct_offset_align = answer.stx_dio_offset_align;
    facts.direct_memory_align = answer.stx_dio_mem_align;
  }
  return facts;
}

DiskRate measure_disk_rate(const DiskFacts& disk, std::uint64_t limit_bytes,
                           std::uint64_t limit_ns) {
  DiskRate rate;
  const std::uint64_t size =
      std::min(limit_bytes, disk.free_bytes / 10) / kWriteBytes * kWriteBytes;
  if (size == 0) {
    rate.error = ENOSPC;
    return rate;
  }
  const UniqueFd file = open_nameless(disk.directory);
  if (::fallocate(file.get(), 0, 0, static_cast<off_t>(size)) != 0 && errno != EOPNOTSUPP) {
    rate.error = errno;
    return rate;
  }
  rate.direct = ::fcntl(file.get(), F_SETFL, O_DIRECT) == 0;
  const std::size_t memory_bytes = std::size_t{kWriteBytes} * kWritesUnderWay;
  void* address = ::mmap(nullptr, memory_bytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (address == MAP_FAILED) throw_errno("take memory to write from");
  const MmapRegion memory(address, memory_bytes);
  // Not zeros: a disk that compresses would look faster than it is.
  std::uint64_t state = 0x9E3779B97F4A7C15;
  for (std::size_t at = 0; at < memory_bytes; ++at) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    memory.data()[at] = static_cast<std::uint8_t>(state >> 32);
  }
  int error = 0;
  std::unique_ptr<IoBackend> backend = make_uring_backend(kWritesUnderWay, error);
  rate.uring = backend != nullptr;
  if (!backend) backend = make_pwrite_backend();
  const std::span<std::uint8_t> region(memory.data(), memory.size());
  backend->register_memory(std::span(&region, 1));
  backend->use_file(file.get());
  write_all(*backend, memory, size, limit_ns, rate);
  return rate;
}

}  // namespace capstan::tools
