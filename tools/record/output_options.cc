// What the writers of Outputs are told: names, heads, layouts, limits.
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "engine/core/clock.h"
#include "engine/format/part_name.h"
#include "engine/format/ring_text.h"
#include "tools/privileges/privileges.h"
#include "tools/record/outputs.h"

namespace capstan::tools {

namespace {

// Blocks that may come behind a size limit.
constexpr std::uint64_t kBehindLimitBytes = 4U << 20;
// Taken ahead where files are memory: there space costs what is taken, and time to clear it. Below
// eight times as much free room is counted (SpaceAhead): more than a ring of ordinary size holds.
constexpr std::uint64_t kAheadInMemoryBytes = 64U << 20;

// Whether files there are memory (statfs(2)). False where that cannot be found out.
bool is_memory(const std::string& directory) noexcept {
  struct statfs system {};
  return ::statfs(directory.c_str(), &system) == 0 &&
         (system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC);
}

}  // namespace

std::string absolute_path(const std::string& path) {
  if (path == "-") return path;
  std::error_code error;
  const std::filesystem::path whole = std::filesystem::absolute(path, error);
  return error ? path : whole.lexically_normal().string();
}

std::string absolute_directory_of(const std::string& path) {
  return directory_of(absolute_path(path));
}

std::vector<std::string> target_directories(const RecordOptions& options) {
  std::vector<std::string> directories;
  for (const std::string& file : options.files) {
    std::error_code ignored;
    // Standard output, devices and pipes are opened once, before anything is given up.
    if (file == "-" || (std::filesystem::exists(file, ignored) &&
                        !std::filesystem::is_regular_file(file, ignored))) {
      continue;
    }
    directories.push_back(absolute_directory_of(file));
  }
  return directories;
}

std::vector<std::string> output_paths(const RecordOptions& options, std::size_t rings) {
  if (!options.split_rings) return options.files;
  const std::filesystem::path whole(options.files[0]);
  std::vector<std::string> paths;
  for (std::size_t ring = 0; ring < rings; ++ring) {
    const std::string name =
        fmt::format("{}.ring{}{}", whole.stem().string(), ring, whole.extension().string());
    paths.push_back((whole.parent_path() / name).string());
  }
  return paths;
}

std::function<void()> confinement(const RecordOptions& options) {
  if (options.keep_privileges || !can_lock_down()) return {};
  return [directories = target_directories(options)] { lock_down(directories); };
}

RecordingHeader Outputs::header() const {
  RecordingHeader header;
  header.application = fmt::format("capstan {}", CAPSTAN_VERSION);
  utsname system{};
  if (::uname(&system) == 0) {
    header.os = fmt::format("{} {}", system.sysname, system.release);
    header.hardware = system.machine;
  }
  for (const std::string& comment : options_.comments) {
    header.comment += (header.comment.empty() ? "" : "\n") + comment;
  }
  header.id = recording_id_;
  for (std::size_t ring = 0; ring < capture_->ring_count(); ++ring) {
    const RingInfo& info = capture_->ring_info(ring);
    RecordedInterface interface;
    interface.name = info.interface_name;
    if (options_.capture.rings_per_interface > 1) {
      interface.description = ring_text({static_cast<std::uint32_t>(info.ring_of_interface + 1),
                                         options_.capture.rings_per_interface});
    }
    interface.filter = options_.capture.filter;
    interface.link_type = info.link_type;
    interface.snaplen = options_.capture.snaplen;
    header.interfaces.push_back(std::move(interface));
  }
  return header;
}

RecordingHeader Outputs::header_of(std::size_t output) const {
  RecordingHeader header = this->header();
  if (options_.files.size() > 1) {
    const std::string stripe = fmt::format("stripe {} of {}", output + 1, options_.files.size());
    header.comment = header.comment.empty() ? stripe : stripe + "\n" + header.comment;
    header.stripe = static_cast<std::uint32_t>(output + 1);
    header.stripes = static_cast<std::uint32_t>(options_.files.size());
  }
  if (options_.split_rings) header.interfaces = {header.interfaces[output]};
  return header;
}

RecordingOptions Outputs::options_of(std::size_t output) {
  RecordingOptions recording;
  recording.file.path = path_of(output);
  recording.file.direct = options_.direct;
  recording.file.sync = options_.sync_at_close;
  for (const std::uint64_t limit : {options_.size_limit_bytes, options_.rotation.size_bytes}) {
    if (limit == 0) continue;
    recording.file.preallocate_bytes =
        std::min(recording.file.preallocate_bytes, limit + kBehindLimitBytes);
  }
  if (is_memory(absolute_directory_of(recording.file.path))) {
    recording.file.preallocate_bytes =
        std::min(recording.file.preallocate_bytes, kAheadInMemoryBytes);
  }
  recording.rotation = options_.rotation;
  recording.retention = options_.retention;
  recording.on_full = options_.on_full;
  recording.sync_interval_ns = options_.sync_interval_ns;
  recording.on_finished = on_finished_file();
  if (hook_ != nullptr) {
    recording.on_deleted = [this](const std::string& path) { hook_->forget(path); };
  }
  recording.observer = observer_;
  recording.format = options_.format;
  recording.layout = options_.layout;
  recording.header = header_of(output);
  if (options_.split_rings) recording.first_ring = static_cast<std::uint32_t>(output);
  recording.confine_thread = confinement(options_);
  recording.size_limit_bytes = options_.size_limit_bytes;
  recording.merge_window_ns =
      (2 * std::uint64_t{options_.capture.retire_timeout_ms} + 50) * kNanosecondsPerMillisecond;
  for (std::size_t ring = 0; ring < capture_->ring_count(); ++ring) {
    if (!takes_ring(output, ring)) continue;
    recording.blocks_per_ring.push_back(capture_->ring_info(ring).block_count);
    recording.ring_memory.push_back(capture_->ring_memory(ring));
  }
  return recording;
}

}  // namespace capstan::tools
