#include "tools/doctor/disk_checks.h"

#include <fmt/format.h>

#include "engine/core/errors.h"
#include "tools/common/units.h"

namespace capstan::tools {

namespace {

// What the recorder aligns direct writes to, see OutputFile.
constexpr std::uint32_t kRecorderAlignment = 4096;

Check check_kind(const DiskFacts& disk) {
  Check check{
      "file-system", CheckState::kOk, fmt::format("{} on {}", disk.file_system, disk.directory),
      "ext4 and XFS write preallocated files past the page cache at the disk's own rate.", ""};
  if (disk.file_system != "ext4" && disk.file_system != "xfs") {
    check.state = CheckState::kWarn;
    check.mend = "record to a directory on ext4 or XFS: --dir DIR tries another";
  }
  return check;
}

Check check_direct(const DiskFacts& disk) {
  Check check{"direct-io", CheckState::kUnknown,
              "this kernel does not say; it is tried when "
              "recording",
              "Writes through the page cache cost a copy of each packet, and stall when the kernel "
              "writes the cache back.",
              ""};
  if (!disk.direct_offset_align || !disk.direct_memory_align) return check;
  const std::uint32_t offset = *disk.direct_offset_align;
  const std::uint32_t memory = *disk.direct_memory_align;
  if (offset == 0) {
    check.state = CheckState::kCost;
    check.found = "refused by " + disk.file_system;
    check.mend = "record to a directory on ext4 or XFS";
    return check;
  }
  check.found = fmt::format("offsets by {}, memory by {}", offset, memory);
  check.state = offset <= kRecorderAlignment && memory <= kRecorderAlignment ? CheckState::kOk
                                                                             : CheckState::kCost;
  if (check.state == CheckState::kCost) {
    check.mend = fmt::format("make the file system with blocks of {}", kRecorderAlignment);
  }
  return check;
}

Check check_space(const DiskFacts& disk) {
  Check check{
      "disk-space", CheckState::kOk,
      fmt::format("{} of {} free", human_bytes(disk.free_bytes), human_bytes(disk.size_bytes)),
      "A full disk ends a recording, and a nearly full one is slower.", ""};
  if (disk.free_bytes < disk.size_bytes / 20) {
    check.state = CheckState::kWarn;
    check.mend = fmt::format("du -xh {} | sort -h | tail", disk.directory);
  }
  return check;
}

}  // namespace

Checks check_file_system(const DiskFacts& disk) {
  return {check_kind(disk), check_direct(disk), check_space(disk)};
}

Check check_disk_rate(const DiskFacts& disk, const DiskRate& rate,
                      std::uint64_t link_bits_per_second) {
  Check check{"disk-rate", CheckState::kUnknown, "",
              "What a full link brings in and the disk does not take is lost when the ring is "
              "full.",
              ""};
  if (!rate.measured()) {
    check.found = "not measured: " + errno_text(rate.error);
    return check;
  }
  const double disk_bits = rate.bytes_per_second() * 8;
  check.found =
      fmt::format("{}b/s over {} ({}, {})", human_rate(disk_bits), human_bytes(rate.bytes),
                  rate.direct ? "direct" : "page cache", rate.uring ? "io_uring" : "pwrite");
  if (link_bits_per_second == 0) {
    check.found += "; the link's rate is not known";
    return check;
  }
  const auto link_bits = static_cast<double>(link_bits_per_second);
  check.found += fmt::format(", link {}b/s", human_rate(link_bits));
  check.state = disk_bits < link_bits                   ? CheckState::kCost
                : disk_bits < link_bits * kDiskHeadroom ? CheckState::kWarn
                                                        : CheckState::kOk;
  if (check.state != CheckState::kOk) {
    check.mend = fmt::format(
        "capstan record -w {}/a.pcapng -w DISK2/b.pcapng ... (stripes), or a filter, or -s 128",
        disk.directory);
  }
  return check;
}

}  // namespace capstan::tools
