#include "writers/file_series.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <exception>
#include <filesystem>
#include <latch>
#include <system_error>
#include <utility>

#include "engine/core/clock.h"
#include "engine/core/cpu.h"
#include "writers/rotation.h"

namespace capstan {

namespace {

// After a refusal (a full disk), how long until the next attempt to open a file ahead.
constexpr auto kRetry = std::chrono::seconds(1);

}  // namespace

FileSeries::FileSeries(OutputFileOptions options, std::uint32_t keep_files,
                       std::function<void()> confine)
    : options_(std::move(options)), keep_files_(keep_files), confine_(std::move(confine)) {
  find_earlier();
}

FileSeries::~FileSeries() {
  const int ignored = finish();
  static_cast<void>(ignored);
}

void FileSeries::find_earlier() {
  std::filesystem::path directory = std::filesystem::path(options_.path).parent_path();
  if (directory.empty()) directory = ".";
  std::error_code ignored;
  std::vector<std::pair<std::uint32_t, std::string>> earlier;
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
    const auto number = number_of_rotated_name(options_.path, entry.path().filename().string());
    if (!number || !entry.is_regular_file(ignored)) continue;
    earlier.emplace_back(*number, entry.path().string());
    next_number_ = std::max(next_number_, *number + 1);
  }
  if (keep_files_ == 0) return;
  std::sort(earlier.begin(), earlier.end());
  for (auto& [number, path] : earlier) kept_.push_back(std::move(path));
}

OutputFile FileSeries::open_first() {
  OutputFileOptions first = options_;
  first.path = rotated_name(options_.path, next_number_, wall_clock_ns());
  OutputFile file(std::move(first));
  ++next_number_;
  std::latch confined(1);
  std::exception_ptr failure;
  thread_ = std::thread([this, &confined, &failure] {
    try {
      if (confine_) confine_();
    } catch (...) {
      failure = std::current_exception();
    }
    confined.count_down();
    run();
  });
  confined.wait();
  if (failure) std::rethrow_exception(failure);
  return file;
}

// A name that is no other recording's: it gets its date when it is taken.
std::string FileSeries::spare_path() const {
  return rotated_name(options_.path, next_number_, wall_clock_ns());
}

std::optional<OutputFile> FileSeries::take_next() noexcept {
  const std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
  if (!lock || !spare_) return std::nullopt;
  const std::uint32_t number = next_number_;
  if (spare_->rename_part(rotated_name(options_.path, number, wall_clock_ns())) != 0) {
    return std::nullopt;
  }
  ++next_number_;
  std::optional<OutputFile> next = std::move(spare_);
  spare_.reset();
  changed_.notify_all();
  return next;
}

void FileSeries::close(OutputFile file, std::uint64_t size_bytes) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  closing_.push_back({std::move(file), size_bytes});
  changed_.notify_all();
}

void FileSeries::add_closed(const FinishedFile& file) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  note_finished(file);
}

int FileSeries::finish() noexcept {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  const std::lock_guard<std::mutex> lock(mutex_);
  if (spare_) ::unlink(OutputFile::part_path(spare_->path()).c_str());
  spare_.reset();
  return error_;
}

std::vector<FinishedFile> FileSeries::finished_files(std::uint64_t& count) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  count = finished_count_;
  return {listed_.begin(), listed_.end()};
}

void FileSeries::run() noexcept {
  name_current_thread("file-series");
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    if (!ending_ && !spare_) {
      open_spare(lock);
      // Without a spare there may be something to close, whose end frees space.
    }
    if (!closing_.empty()) {
      close_one(lock);
    } else if (ending_) {
      return;
    } else if (spare_) {
      changed_.wait(lock);
    } else {
      changed_.wait_for(lock, kRetry);
    }
  }
}

void FileSeries::open_spare(std::unique_lock<std::mutex>& lock) noexcept {
  OutputFileOptions options = options_;
  options.path = spare_path();
  lock.unlock();
  std::optional<OutputFile> file;
  try {
    file.emplace(std::move(options));
  } catch (const std::exception&) {
    file.reset();  // tried again; the recording goes on in the file it has
  }
  lock.lock();
  spare_ = std::move(file);
}

void FileSeries::close_one(std::unique_lock<std::mutex>& lock) noexcept {
  Closing closing = std::move(closing_.front());
  closing_.pop_front();
  lock.unlock();
  const int error = closing.file.close(closing.size_bytes);
  lock.lock();
  if (error_ == 0) error_ = error;
  if (error == 0) note_finished({closing.file.path(), closing.size_bytes});
}

void FileSeries::note_finished(const FinishedFile& file) {
  ++finished_count_;
  listed_.push_back(file);
  if (listed_.size() > kListed) listed_.pop_front();
  if (keep_files_ == 0) return;
  kept_.push_back(file.path);
  // The file being written counts; at the end, when there is none, one more could stay.
  const std::size_t limit = std::max<std::size_t>(1, keep_files_ - (ending_ ? 0U : 1U));
  while (kept_.size() > limit) {
    ::unlink(kept_.front().c_str());
    kept_.pop_front();
  }
}

}  // namespace capstan
