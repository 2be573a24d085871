#include "tools/ship/pending_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <set>
#include <utility>

#include "engine/core/clock.h"
#include "engine/index/index_reader.h"
#include "engine/reader/recording_set.h"

namespace capstan::fleet {

namespace {

constexpr std::uint64_t kFirstPauseNs = 2 * kNanosecondsPerSecond;
constexpr std::uint64_t kLongestPauseNs = 600 * kNanosecondsPerSecond;

std::optional<FileSight> sight_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return FileSight{static_cast<std::uint64_t>(status.st_ino),
                   static_cast<std::uint64_t>(status.st_size),
                   static_cast<std::uint64_t>(status.st_mtim.tv_sec) * kNanosecondsPerSecond +
                       static_cast<std::uint64_t>(status.st_mtim.tv_nsec)};
}

}  // namespace

void PendingFiles::look() {
  const RecordingSet set = RecordingSet::below({directory_});
  trouble_.clear();
  if (!set.troubles.empty()) {
    trouble_ = set.troubles.front().path + ": " + set.troubles.front().text;
  }
  std::set<FileSight> present;
  std::map<std::pair<std::uint64_t, std::string>, PendingFile> now;
  for (const SetFile& file : set.files) {
    if (file.unfinished) continue;
    const std::optional<FileSight> sight = sight_of(file.path);
    if (!sight) continue;
    present.insert(*sight);
    if (state_.is_done(*sight)) continue;
    now.emplace(std::pair(sight->modified_ns, file.path), PendingFile{file.path, *sight});
  }
  if (set.troubles.empty()) {
    state_.note_present(present, wall_clock_ns() / kNanosecondsPerSecond);
    // A file that changed is another one, and one that got another name the same.
    for (const auto& [key, file] : waiting_) {
      const std::optional<FileSight> sight = sight_of(file.path);
      if (sight || state_.is_done(file.sight)) continue;
      if (state_.current && state_.current->sight == file.sight) continue;
      if (!present.contains(file.sight)) ++gone_;  // else it was renamed
    }
    std::erase_if(put_off_, [&present](const auto& one) { return !present.contains(one.first); });
  }
  waiting_ = std::move(now);
}

bool PendingFiles::put_off(const PendingFile& file, const std::string& reason,
                           std::uint64_t now_ns) {
  PutOff& one = put_off_[file.sight];
  one.pause_ns = one.pause_ns == 0 ? kFirstPauseNs : std::min(2 * one.pause_ns, kLongestPauseNs);
  one.until_ns = now_ns + one.pause_ns;
  return std::exchange(one.reason, reason) != reason;
}

bool PendingFiles::is_put_off(const PendingFile& file, std::uint64_t now_ns) const {
  const auto one = put_off_.find(file.sight);
  return one != put_off_.end() && (at_once_ || now_ns < one->second.until_ns);
}

bool PendingFiles::is_ready(const PendingFile& file) const {
  if (at_once_) return true;
  const std::uint64_t now_ns = wall_clock_ns();
  const bool quiet = now_ns > file.sight.modified_ns &&
                     now_ns - file.sight.modified_ns > kQuietSeconds * kNanosecondsPerSecond;
  if (quiet) return true;
  const IndexReader::Opened opened = IndexReader::open_beside(file.path);
  return opened.reader && opened.reader->summary().skipped_blocks == 0;
}

std::optional<PendingFile> PendingFiles::find(const CurrentFile& current) const {
  for (const auto& [key, file] : waiting_) {
    if (file.sight == current.sight && sight_of(file.path) == file.sight) return file;
  }
  // Its time may have been changed, not its bytes.
  if (const std::optional<FileSight> sight = sight_of(current.name)) {
    return PendingFile{current.name, *sight};
  }
  return std::nullopt;
}

std::optional<PendingFile> PendingFiles::next(std::uint64_t now_ns) {
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    if (state_.is_done(at->second.sight)) {
      at = waiting_.erase(at);
      continue;
    }
    if (!is_put_off(at->second, now_ns) && is_ready(at->second)) return at->second;
    ++at;
  }
  return std::nullopt;
}

}  // namespace capstan::fleet
