#include "engine/reader/recording_set.h"

#include <fmt/format.h>
#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "engine/core/errors.h"
#include "engine/format/part_name.h"

namespace capstan {

namespace {

namespace fs = std::filesystem;

constexpr const char* kIndexSuffix = ".cidx";

class Finder {
 public:
  void add_name(const std::string& name) {
    if (name == "-" || is_tcp_source(name)) {
      set_.files.push_back({name, true, false});
      return;
    }
    struct stat status {};
    if (::stat(name.c_str(), &status) == 0) {
      add_found(name, status);
      return;
    }
    const int error = errno;
    if (error == ENOENT && add_pattern(name)) return;
    const std::string part = part_path(name);
    if (error == ENOENT && ::stat(part.c_str(), &status) == 0) {
      add_file(part, true, status);
      return;
    }
    throw UsageError(fmt::format("{}: {}", name, errno_text(error)));
  }

  void add_directory(const std::string& directory) {
    std::error_code error;
    for (fs::directory_iterator at(directory, error), end; !error && at != end;
         at.increment(error)) {
      const std::string path = at->path().string();
      const std::string name = at->path().filename().string();
      if (name.ends_with(kIndexSuffix) || (name.starts_with('.') && finished_path(path).empty()))
        continue;
      struct stat status {};
      // A link to a file counts; one to a directory could lead round in a circle.
      if (::lstat(path.c_str(), &status) != 0) continue;
      if (S_ISDIR(status.st_mode)) {
        add_directory(path);
        continue;
      }
      if (S_ISLNK(status.st_mode) && ::stat(path.c_str(), &status) != 0) continue;
      if (S_ISREG(status.st_mode)) add_file(path, false, status);
    }
    if (error) set_.troubles.push_back({directory, error.message()});
  }

  RecordingSet take() {
    std::stable_sort(set_.files.begin(), set_.files.end(),
                     [](const SetFile& a, const SetFile& b) { return a.path < b.path; });
    return std::move(set_);
  }

 private:
  void add_found(const std::string& name, const struct stat& status) {
    if (!S_ISDIR(status.st_mode)) {
      add_file(name, true, status);
      return;
    }
    std::error_code error;
    const fs::directory_iterator opens(name, error);
    if (error) throw UsageError(fmt::format("{}: {}", name, error.message()));
    add_directory(name);
  }

  bool add_pattern(const std::string& pattern) {
    if (pattern.find_first_of("*?[") == std::string::npos) return false;
    glob_t found{};
    const int result = ::glob(pattern.c_str(), 0, nullptr, &found);
    for (std::size_t i = 0; result == 0 && i < found.gl_pathc; ++i) {
      const std::string path = found.gl_pathv[i];
      struct stat status {};
      if (path.ends_with(kIndexSuffix) || ::stat(path.c_str(), &status) != 0) continue;
      add_found(path, status);
    }
    ::globfree(&found);
    return result == 0;
  }

  void add_file(const std::string& path, bool named, const struct stat& status) {
    if (!seen_.insert({status.st_dev, status.st_ino}).second) return;
    set_.files.push_back({path, named, !finished_path(path).empty()});
  }

  RecordingSet set_;
  std::set<std::pair<dev_t, ino_t>> seen_;
};

}  // namespace

bool has_recording_name(std::string_view path) noexcept {
  for (const std::string_view packed : {".gz", ".zst"}) {
    if (path.ends_with(packed)) path.remove_suffix(packed.size());
  }
  while (!path.empty() && path.back() >= '0' && path.back() <= '9') path.remove_suffix(1);
  constexpr std::string_view kEndings[] = {".pcapng", ".ntar", ".pcap", ".cap", ".dmp"};
  return std::any_of(std::begin(kEndings), std::end(kEndings),
                     [path](std::string_view ending) { return path.ends_with(ending); });
}

RecordingSet RecordingSet::find(const std::vector<std::string>& names) {
  Finder finder;
  for (const std::string& name : names) finder.add_name(name);
  return finder.take();
}

RecordingSet RecordingSet::below(const std::vector<std::string>& directories) {
  Finder finder;
  for (const std::string& directory : directories) finder.add_directory(directory);
  return finder.take();
}

}  // namespace capstan
