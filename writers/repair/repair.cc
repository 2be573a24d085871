#include "writers/repair/repair.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <span>
#include <system_error>
#include <vector>

#include "engine/core/clock.h"
#include "engine/core/directory_entries.h"
#include "engine/core/errors.h"
#include "engine/core/mapped_file.h"
#include "engine/core/unique_fd.h"
#include "engine/core/write_all.h"
#include "engine/format/part_name.h"
#include "engine/reader/byte_stream.h"
#include "writers/file/file_lock.h"
#include "writers/index/index_file.h"
#include "writers/recording/pcapng_format.h"
#include "writers/repair/recording_scan.h"

namespace capstan {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCopyBytes = 1U << 20;

// Opens and locks; the lock goes with the descriptor.
UniqueFd open_locked(const std::string& path, bool writable) {
  UniqueFd fd(::open(path.c_str(), (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC));
  if (!fd) throw UsageError(fmt::format("{}: {}", path, errno_text(errno)));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw_errno("stat " + path);
  if (!S_ISREG(status.st_mode)) throw UsageError(fmt::format("{}: not a regular file", path));
  if (!try_lock_file(fd.get())) {
    throw_errno(fmt::format("lock {}", path), "A recorder is still writing it: stop that first");
  }
  return fd;
}

std::uint64_t file_size(int fd, const std::string& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw_errno("stat " + path);
  return static_cast<std::uint64_t>(status.st_size);
}

// Where the last extent with data ends (lseek(2), SEEK_DATA): preallocated space behind it need not
// be read. `size` where the file system cannot say.
std::uint64_t sparse_data_end(int fd, std::uint64_t size) {
  off_t end = 0;
  for (off_t at = 0;;) {
    const off_t data = ::lseek(fd, at, SEEK_DATA);
    if (data < 0) return errno == ENXIO ? static_cast<std::uint64_t>(end) : size;
    end = ::lseek(fd, data, SEEK_HOLE);
    if (end <= at) return size;
    at = end;
  }
}

RecordingScan scan_file(int fd, std::uint64_t size, const std::string& path) {
  const MappedFile mapping = MappedFile::map(fd, size);
  if (!mapping) throw_errno(fmt::format("map {} ({} bytes)", path, size));
  const std::span<const std::uint8_t> bytes(mapping.data(), mapping.size());
  if (detect_compression(bytes.data(), bytes.size()) != Compression::kNone) {
    throw UsageError(fmt::format("{}: compressed; decompress it first", path));
  }
  RecordingScan scan = scan_recording(bytes, sparse_data_end(fd, size), path);
  mapping.throw_if_lost(path);
  return scan;
}

// A file that was preallocated and never written to.
bool is_all_zeros(int fd, std::uint64_t size) {
  std::vector<std::uint8_t> buffer(kCopyBytes);
  const std::uint64_t end = sparse_data_end(fd, size);
  for (std::uint64_t at = 0; at < end;) {
    const ssize_t count = ::pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(at));
    if (count <= 0) return false;
    const auto last = buffer.begin() + count;
    if (std::any_of(buffer.begin(), last, [](std::uint8_t byte) { return byte != 0; })) {
      return false;
    }
    at += static_cast<std::uint64_t>(count);
  }
  return true;
}

void put(int fd, std::span<const std::uint8_t> bytes, std::uint64_t offset,
         const std::string& path) {
  const WriteOutcome outcome =
      pwrite_all(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
  if (outcome.error != 0) {
    throw_system_error(outcome.error,
                       fmt::format("write {} at byte {}", path, offset + outcome.written));
  }
}

// Copies an extent to `target_offset`. Within one file the target lies before the source, so that
// copying forward never reads what was overwritten.
void copy_extent(int source, int target, const RecordingExtent& extent, std::uint64_t target_offset,
                 const std::string& path) {
  std::vector<std::uint8_t> buffer(kCopyBytes);
  for (std::uint64_t done = 0; done < extent.length;) {
    const std::size_t wanted = std::min<std::uint64_t>(buffer.size(), extent.length - done);
    const auto at = static_cast<off_t>(extent.offset + done);
    const ssize_t count = ::pread(source, buffer.data(), wanted, at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_errno(fmt::format("read {} at byte {}", path, extent.offset + done));
    if (count == 0) throw_system_error(EIO, fmt::format("read {}: it became shorter", path));
    put(target, {buffer.data(), static_cast<std::size_t>(count)}, target_offset + done, path);
    done += static_cast<std::uint64_t>(count);
  }
}

void sync_file(int fd, const std::string& path) {
  if (::fsync(fd) != 0) throw_errno("fsync " + path);
}

void sync_directory(const std::string& path) {
  const std::string directory = directory_of(path);
  const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) throw_errno("open " + directory);
  sync_file(fd.get(), directory);
}

// "dir/x.pcapng" to "dir/x-repaired.pcapng", with a number from the second on.
std::string repaired_name(const std::string& path, int number) {
  const fs::path whole(path);
  const std::string mark = number == 1 ? "-repaired" : fmt::format("-repaired-{}", number);
  const std::string name = whole.stem().string() + mark + whole.extension().string();
  return (whole.parent_path() / name).string();
}

constexpr int kMostNames = 1000;

// The name a finished recording may take: its own, or one beside a file that has it already.
std::string free_name(const std::string& path) {
  std::string name = path;
  for (int number = 1; number <= kMostNames; ++number) {
    std::error_code ignored;
    if (!fs::exists(fs::symlink_status(name, ignored))) return name;
    name = repaired_name(path, number);
  }
  throw_system_error(EEXIST, fmt::format("rename to {}", path), "Move the repaired ones away");
}

// Never replaces a file, as rename(2) would: renameat2(2) and, on file systems that do not know its
// flag, link(2) fail when the name is taken.
void rename_to(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return;
  if (errno != EINVAL && errno != ENOSYS) throw_errno(fmt::format("rename {} to {}", from, to));
  if (::link(from.c_str(), to.c_str()) != 0) throw_errno(fmt::format("link {} to {}", from, to));
  if (::unlink(from.c_str()) != 0) throw_errno("unlink " + from);
}

// Behind what a repair has kept: that, and how much, was cut here, so that nobody takes the file
// for whole. Empty where the file is whole, where no reader of Capstan's would look for it, and for
// a file of another byte order, which has no closing ledger either.
std::vector<std::uint8_t> repair_mark(const RecordingScan& scan, const RepairOptions& options,
                                      const RepairReport& report) {
  std::vector<std::uint8_t> mark;
  const bool salvaged = options.salvage && !scan.behind.empty();
  if (!scan.has_ledger || scan.byte_swapped || (scan.closed && !salvaged)) return mark;
  append_file_close(
      mark, salvaged ? CloseReason::kSalvaged : CloseReason::kRepaired, report.kept_packets,
      wall_clock_ns(), report.cut_bytes,
      fmt::format("repaired: {} bytes behind the last whole record were cut{}", report.cut_bytes,
                  salvaged ? "; blocks from behind a hole were moved up" : ""));
  return mark;
}

// In place: behind the first extent the others are moved up, then the rest is cut.
void repair_in_place(int fd, const RecordingScan& scan, const RepairOptions& options,
                     const RepairReport& report) {
  std::uint64_t end = scan.whole.length;
  if (options.salvage) {
    for (const RecordingExtent& extent : scan.behind) {
      copy_extent(fd, fd, extent, end, report.path);
      end += extent.length;
    }
  }
  if (::ftruncate(fd, static_cast<off_t>(end)) != 0) {
    throw_errno(fmt::format("truncate {} to {} bytes", report.path, end));
  }
  try {
    put(fd, repair_mark(scan, options, report), end, report.path);
  } catch (const std::system_error&) {
    // A full disk. Without the mark the file still lacks its closing ledger, which says as much.
    if (::ftruncate(fd, static_cast<off_t>(end)) != 0) throw;
  }
  sync_file(fd, report.path);
  if (report.result_path == report.path) return;
  rename_to(report.path, report.result_path);
  sync_directory(report.result_path);
}

void repair_into_output(int source, const RecordingScan& scan, const RepairOptions& options,
                        const RepairReport& report) {
  const std::string& path = report.path;
  const std::string& output = options.output;
  const UniqueFd target(::open(output.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!target) throw_errno("create " + output);
  try {
    copy_extent(source, target.get(), scan.whole, 0, path);
    std::uint64_t end = scan.whole.length;
    for (const RecordingExtent& extent : scan.behind) {
      if (!options.salvage) break;
      copy_extent(source, target.get(), extent, end, path);
      end += extent.length;
    }
    put(target.get(), repair_mark(scan, options, report), end, output);
    sync_file(target.get(), output);
    sync_directory(output);
  } catch (...) {
    ::unlink(output.c_str());  // half a copy helps nobody; the original is as it was
    throw;
  }
}

void fill_report(const RecordingScan& scan, const RepairOptions& options, RepairReport& report) {
  report.end = scan.end;
  report.kept_bytes = scan.whole.length;
  report.kept_packets = scan.whole.packets;
  report.behind_bytes = scan.behind_bytes();
  report.behind_packets = scan.behind_packets();
  if (options.salvage) {
    report.kept_bytes += report.behind_bytes;
    report.kept_packets += report.behind_packets;
  }
  report.cut_bytes = report.size_bytes - report.kept_bytes;
  const std::uint64_t data = scan.data_end - scan.whole.length;
  report.cut_data_bytes = data - (options.salvage ? report.behind_bytes : 0);
}

// Why a file that is no `.part` should not be cut in place; empty when it may.
std::string why_not_in_place(const RecordingScan& scan) {
  if (scan.end.kind == FileEnd::Kind::kDamaged) {
    return fmt::format("{}, and {} bytes stand behind that", scan.end.text(),
                       scan.data_end - scan.whole.length);
  }
  if (scan.end.in_zeros && scan.data_end > scan.whole.length) {
    return fmt::format("{}, and {} bytes from there on are more than zeros", scan.end.text(),
                       scan.data_end - scan.whole.length);
  }
  return {};
}

}  // namespace

std::vector<std::string> find_unfinished(const std::string& directory) {
  std::vector<std::string> found;
  const std::error_code error = for_each_entry(directory, [&found](const auto& entry) {
    std::error_code ignored;
    if (fs::is_regular_file(entry.symlink_status(ignored)) &&
        !finished_path(entry.path().string()).empty()) {
      found.push_back(entry.path().string());
    }
  });
  if (error) throw_system_error(error.value(), "list " + directory);
  std::sort(found.begin(), found.end());
  return found;
}

RepairReport repair_recording(const std::string& path, const RepairOptions& options) {
  const bool in_place = options.output.empty();
  const UniqueFd fd = open_locked(path, in_place && !options.dry_run);
  RepairReport report;
  report.path = report.result_path = path;
  report.size_bytes = file_size(fd.get(), path);
  if (is_all_zeros(fd.get(), report.size_bytes)) {
    report.outcome = RepairReport::Outcome::kEmpty;
    return report;
  }
  const RecordingScan scan = scan_file(fd.get(), report.size_bytes, path);
  fill_report(scan, options, report);
  const std::string finished = finished_path(path);
  if (scan.whole.length == 0) {
    report.outcome = RepairReport::Outcome::kEmpty;
    return report;
  }
  if (scan.end.clean() && finished.empty() && in_place) return report;
  if (in_place && finished.empty() && !options.force) report.why = why_not_in_place(scan);
  if (!report.why.empty()) {
    report.outcome = RepairReport::Outcome::kRefused;
    return report;
  }
  report.outcome = RepairReport::Outcome::kRepaired;
  if (!in_place) {
    report.result_path = options.output;
  } else if (!finished.empty()) {
    report.result_path = free_name(finished);
  }
  if (options.dry_run) return report;
  if (in_place) {
    repair_in_place(fd.get(), scan, options, report);
  } else {
    repair_into_output(fd.get(), scan, options, report);
  }
  // An index of what the file was, or of another of that name.
  static_cast<void>(remove_index_file(report.result_path));
  return report;
}

}  // namespace capstan
