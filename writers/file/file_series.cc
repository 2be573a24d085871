#include "writers/file/file_series.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <exception>
#include <filesystem>
#include <latch>
#include <system_error>
#include <tuple>
#include <utility>

#include "engine/core/boot_clock.h"
#include "engine/core/clock.h"
#include "engine/core/cpu.h"
#include "engine/core/directory_entries.h"
#include "engine/core/errors.h"
#include "engine/core/thread.h"
#include "engine/format/part_name.h"
#include "writers/file/finished_names.h"

namespace capstan {

namespace {

// After a refusal (a full disk), how long until the next attempt; and how often the disk is looked
// at for retention.
constexpr auto kRetry = std::chrono::seconds(1);
// Free space to be made when the disk was full: enough for a second of a fast link, if the disk is
// large.
constexpr std::uint64_t kRoomBytes = std::uint64_t{1} << 30;
constexpr std::uint64_t kRoomPerDisk = 50;  // never more than the 50th part of it

std::string file_name_of(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

bool exists(const std::string& path) noexcept {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

}  // namespace

FileSeries::FileSeries(OutputFileOptions options, SeriesOptions series)
    : options_(std::move(options)), series_(std::move(series)), names_(options_.path) {
  find_earlier();
}

void refuse_unreadable_series(const std::string& pattern, std::error_code error) {
  if (!error || error.value() == ENOENT) return;
  throw_system_error(error.value(), "list " + directory_of(pattern) +
                                        ", where earlier files of the series may lie");
}

FileSeries::~FileSeries() {
  const int ignored = finish();
  static_cast<void>(ignored);
}

void FileSeries::find_earlier() {
  struct Earlier {
    std::int64_t order;  // the number, or the time where names are made of that
    KeptFile file;
  };
  std::vector<Earlier> earlier;
  const auto wall_ns = static_cast<std::int64_t>(wall_clock_ns());
  const auto boot_ns = static_cast<std::int64_t>(boot_clock_ns());
  const auto look_at = [&](const std::filesystem::directory_entry& entry) {
    const std::string found = entry.path().filename().string();
    const std::string name = may_be_compressed() ? without_compressed_ending(found) : found;
    const auto number = names_.number_of(name);
    struct stat status {};
    if (!number || ::lstat(entry.path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
      return;
    }
    const std::int64_t ended_wall_ns =
        std::int64_t{status.st_mtim.tv_sec} * std::int64_t{kNanosecondsPerSecond} +
        status.st_mtim.tv_nsec;
    // How old it is only the wall clock can say, now and once: what happens to that clock while
    // this run lasts makes no file older or younger. One from the future has just ended.
    const std::int64_t age_ns = std::max<std::int64_t>(0, wall_ns - ended_wall_ns);
    const std::string path = (entry.path().parent_path() / name).string();
    if (found != name && exists(path)) return;  // some programs leave the original in its place
    const BytesOnDisk bytes = bytes_on_disk(path, may_be_compressed());
    earlier.push_back({names_.by_time() ? ended_wall_ns : std::int64_t{*number},
                       {path, bytes.file + bytes.index, boot_ns - age_ns, bytes.index != 0}});
    note_named(path);
    if (!names_.by_time()) next_number_ = std::max(next_number_, *number + 1);
  };
  refuse_unreadable_series(options_.path, for_each_entry(directory_of(options_.path), look_at));
  std::sort(earlier.begin(), earlier.end(), [](const Earlier& a, const Earlier& b) {
    return std::tie(a.order, a.file.path) < std::tie(b.order, b.file.path);
  });
  for (Earlier& one : earlier) kept_.push_back(std::move(one.file));
}

OutputFile FileSeries::open_first() {
  OutputFileOptions first = options_;
  first.path = last_path_ = path_of(next_name(), {});
  OutputFile file(std::move(first));
  note_named(last_path_);
  ++next_number_;
  std::latch confined(1);
  std::exception_ptr failure;
  try {
    thread_ = start_thread("looks after files", [this, &confined, &failure] {
      try {
        if (series_.confine) series_.confine();
      } catch (...) {
        failure = std::current_exception();
      }
      confined.count_down();
      run();
    });
    confined.wait();
    if (failure) std::rethrow_exception(failure);
  } catch (...) {
    file.discard();  // nothing was written to it
    throw;
  }
  return file;
}

FileSeries::NextName FileSeries::next_name() const {
  NextName next{wall_clock_ns(), next_number_, last_path_};
  if (names_.by_time()) {
    const auto known = numbers_.find(file_name_of(names_.path_of(1, next.wall_ns)));
    next.number = known == numbers_.end() ? 1 : known->second.highest + 1;
  }
  return next;
}

std::string FileSeries::path_of(const NextName& next, const std::string& own_part) const {
  if (!names_.by_time()) return names_.path_of(next.number, next.wall_ns);
  for (std::uint32_t number = next.number;; ++number) {
    std::string path = names_.path_of(number, next.wall_ns);
    const std::string part = part_path(path);
    if (path != next.last_path && !exists(path) && (part == own_part || !exists(part))) return path;
  }
}

std::optional<OutputFile> FileSeries::take_next() noexcept {
  const std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
  if (!lock) return std::nullopt;
  if (!spare_) {
    turn_error_.store(spare_error_, std::memory_order_relaxed);
    return std::nullopt;
  }
  std::string path = path_of(next_name(), part_path(spare_->path()));
  if (const int error = spare_->rename_part(path); error != 0) {
    turn_error_.store(error, std::memory_order_relaxed);
    // The directory is away: it may come back with the file in it, or another in its place.
    if (exists(directory_of(path)) && !spare_->reachable()) spare_.reset();
    changed_.notify_all();
    return std::nullopt;
  }
  turn_error_.store(0, std::memory_order_relaxed);
  note_named(path);
  last_path_ = std::move(path);
  ++next_number_;
  std::optional<OutputFile> next = std::move(spare_);
  spare_.reset();
  spare_bytes_.store(0, std::memory_order_relaxed);
  changed_.notify_all();
  return next;
}

void FileSeries::close(OutputFile file, FinishedFile as) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  closing_.push_back({std::move(file), std::move(as)});
  changed_.notify_all();
}

void FileSeries::add_closed(const FinishedFile& file) noexcept {
  std::unique_lock<std::mutex> lock(mutex_);
  note_finished(file);
  writing_bytes_.store(0, std::memory_order_relaxed);
  retain(lock);
  lock.unlock();
  if (series_.on_finished) series_.on_finished(file);
}

void FileSeries::make_room() noexcept {
  const std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
  if (!lock) return;  // asked for again at the next refusal
  room_wanted_ = true;
  changed_.notify_all();
}

int FileSeries::finish() noexcept {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  const std::lock_guard<std::mutex> lock(mutex_);
  if (spare_) spare_->discard();
  spare_.reset();
  return error_.load(std::memory_order_relaxed);
}

std::vector<FinishedFile> FileSeries::finished_files(std::uint64_t& count) const {
  const std::lock_guard<std::mutex> lock(listed_mutex_);
  count = finished_count_;
  return {listed_.begin(), listed_.end()};
}

void FileSeries::run() noexcept {
  name_current_thread("file-series");
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    if (room_wanted_ && spare_ && spare_->preallocated_bytes() != 0) {
      spare_->discard();
      spare_.reset();
      spare_bytes_.store(0, std::memory_order_relaxed);
    }
    retain(lock);
    // Without a spare there may be something to close, whose end frees space.
    if (!ending_ && !spare_) open_spare(lock);
    const bool idle = closing_.empty() || !close_one(lock);
    if (!idle || (ending_ && !closing_.empty())) continue;
    if (ending_) return;
    if (spare_ && closing_.empty() && !series_.retention.watches() && !room_wanted_) {
      changed_.wait(lock);
    } else {
      changed_.wait_for(lock, kRetry);
    }
  }
}

void FileSeries::open_spare(std::unique_lock<std::mutex>& lock) noexcept {
  OutputFileOptions options = options_;
  const NextName next = next_name();
  lock.unlock();
  std::optional<OutputFile> file;
  int error = 0;
  try {
    options.path = path_of(next, {});
    file.emplace(std::move(options));
    if (file->space_refusal() != 0) {  // a full disk: the present file has more room than this one
      error = file->space_refusal();
      file->discard();
      file.reset();
    }
  } catch (const std::system_error& refused) {
    error = refused.code().value();  // tried again; the recording goes on in the file it has
  } catch (const std::exception&) {
    error = EIO;
  }
  lock.lock();
  spare_ = std::move(file);
  spare_error_ = error;
  spare_bytes_.store(spare_ ? spare_->preallocated_bytes() : 0, std::memory_order_relaxed);
}

// False when it has to be tried again later.
bool FileSeries::close_one(std::unique_lock<std::mutex>& lock) noexcept {
  Closing closing = std::move(closing_.front());
  closing_.pop_front();
  lock.unlock();
  const int error = closing.file.close(closing.as.size_bytes);
  const FinishedFile& finished = closing.as;
  if (error == 0 && series_.on_finished) series_.on_finished(finished);
  lock.lock();
  if (error == 0) {
    note_finished(finished);
    return true;
  }
  if (series_.patient && !ending_ && closing.file.descriptor() >= 0) {
    closing_.push_front(std::move(closing));
    return false;
  }
  if (error_.load(std::memory_order_relaxed) == 0) {
    error_.store(error, std::memory_order_relaxed);
  }
  return true;
}

void FileSeries::note_finished(const FinishedFile& file) {
  {
    const std::lock_guard<std::mutex> lock(listed_mutex_);
    ++finished_count_;
    listed_.push_back(file);
    if (listed_.size() > kListed) listed_.pop_front();
  }
  kept_.push_back({file.path, file.size_bytes, static_cast<std::int64_t>(boot_clock_ns())});
}

void FileSeries::note_named(const std::string& path) {
  if (!names_.by_time()) return;
  const std::optional<SeriesNames::Parsed> parsed = names_.parse(file_name_of(path));
  if (!parsed) return;
  Numbers& numbers = numbers_[parsed->first_name];
  numbers.highest = std::max(numbers.highest, parsed->number);
  ++numbers.files;
}

void FileSeries::note_deleted(const std::string& path) noexcept {
  if (!names_.by_time()) return;
  const std::optional<SeriesNames::Parsed> parsed = names_.parse(file_name_of(path));
  const auto known = parsed ? numbers_.find(parsed->first_name) : numbers_.end();
  if (known != numbers_.end() && --known->second.files == 0) numbers_.erase(known);
}

// Indexes come a while after their files, and compressed ones in the place of others: those of the
// last ones are looked for. What changes further back counts as large as it was. The files are
// added at the end and taken off the front by this thread alone, but for the last file of all.
void FileSeries::count_bytes(std::unique_lock<std::mutex>& lock) {
  constexpr std::size_t kLookedAt = 64;
  std::vector<std::pair<std::size_t, std::string>> looked_for;
  for (std::size_t i = kept_.size() - std::min(kLookedAt, kept_.size()); i < kept_.size(); ++i) {
    if (may_be_compressed() || !kept_[i].index_counted) looked_for.emplace_back(i, kept_[i].path);
  }
  if (looked_for.empty()) return;
  std::vector<BytesOnDisk> bytes;
  lock.unlock();
  for (const auto& [place, path] : looked_for)
    bytes.push_back(bytes_on_disk(path, may_be_compressed()));
  lock.lock();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    KeptFile& file = kept_[looked_for[i].first];
    if (may_be_compressed() && bytes[i].file != 0) {
      file.size_bytes = bytes[i].file + bytes[i].index;
    } else if (!file.index_counted) {
      file.size_bytes += bytes[i].index;
    } else {
      continue;
    }
    file.index_counted = bytes[i].index != 0;
  }
}

// Without the lock while the disk is asked: one that hangs must not hold up the writer.
RetentionState FileSeries::look_at_disk(RetentionLimits& limits,
                                        std::unique_lock<std::mutex>& lock) noexcept {
  RetentionState state;
  state.boot_ns = static_cast<std::int64_t>(boot_clock_ns());
  state.writing = !ending_;
  state.writing_bytes = writing_bytes_.load(std::memory_order_relaxed);
  if (!room_wanted_ && limits.min_free_bytes == 0 && limits.min_free_percent == 0) return state;
  struct statvfs space {};
  lock.unlock();
  const bool answered = ::statvfs(directory_of(options_.path).c_str(), &space) == 0;
  lock.lock();
  if (answered) {
    state.free_bytes = std::uint64_t{space.f_bavail} * space.f_frsize;
    state.total_bytes = std::uint64_t{space.f_blocks} * space.f_frsize;
  } else {  // the directory is away: no reason to delete anything
    limits.min_free_bytes = limits.min_free_percent = 0;
  }
  return state;
}

void FileSeries::retain(std::unique_lock<std::mutex>& lock) noexcept {
  RetentionLimits limits = series_.retention;
  RetentionState state = look_at_disk(limits, lock);
  if (room_wanted_) {
    limits.min_free_bytes =
        std::max(limits.min_free_bytes, std::min(kRoomBytes, state.total_bytes / kRoomPerDisk));
  }
  if (limits.bytes != 0) count_bytes(lock);
  std::size_t count = files_to_delete(kept_, limits, state);
  // A quota is full before the disk is: one at least.
  if (room_wanted_) count = std::min(kept_.size(), std::max<std::size_t>(count, 1));
  room_wanted_ = false;
  for (; count != 0; --count) {
    const std::string path = kept_.front().path;
    lock.unlock();
    const int error = delete_finished(path, may_be_compressed());
    if (error == 0 && series_.on_deleted) series_.on_deleted(path);
    lock.lock();
    delete_error_.store(error, std::memory_order_relaxed);
    if (error != 0) return;  // looked at again with the next file
    note_deleted(path);
    kept_.pop_front();
    deleted_count_.fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace capstan
