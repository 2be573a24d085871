#include "tools/index/index_run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <exception>
#include <filesystem>
#include <thread>

#include "engine/core/cpu.h"
#include "engine/core/directory_entries.h"
#include "engine/core/errors.h"
#include "engine/core/unique_fd.h"
#include "engine/index/file_indexer.h"
#include "engine/reader/pcap_reader.h"
#include "engine/reader/pcapng_reader.h"
#include "engine/reader/recording_set.h"
#include "writers/index/index_file.h"
#include "writers/index/index_worker.h"

namespace capstan::tools {

namespace {

constexpr auto kTick = std::chrono::milliseconds(100);

// By the first bytes, never by the name. One that cannot be read may be a recording, and an empty
// one with a recording's name should be: what is wrong with them is said when their turn comes.
// Hidden files are being written.
bool may_be_recording(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  if (name.starts_with(".") || name.ends_with(index_path_of({}))) return false;
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  std::array<std::uint8_t, kPcapFileHeadBytes> start{};
  if (!fd) return errno != ENOENT;
  const ssize_t count = ::pread(fd.get(), start.data(), start.size(), 0);
  if (count < 0) return true;
  if (count == 0) return has_recording_name(name);
  if (count < 4) return false;
  const auto bytes = std::span<const std::uint8_t>(start).first(static_cast<std::size_t>(count));
  return has_pcapng_magic(bytes) || has_pcap_magic(bytes);
}

std::uint64_t size_of(const std::string& path) noexcept {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

}  // namespace

std::vector<std::string> recordings_in(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      if (!std::filesystem::exists(path, error)) {
        throw UsageError(fmt::format("{}: {}", path, errno_text(error ? error.value() : ENOENT)));
      }
      files.push_back(path);
      continue;
    }
    std::vector<std::string> found;
    error = for_each_entry(path, [&found](const auto& entry) {
      std::error_code ignored;
      if (entry.is_regular_file(ignored) && may_be_recording(entry.path())) {
        found.push_back(entry.path().string());
      }
    });
    if (error) throw UsageError(fmt::format("{}: {}", path, error.message()));
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

IndexRun::IndexRun(const IndexCommandLine& line, std::vector<std::string> files,
                   const std::atomic<bool>& stop)
    : line_(line), files_(std::move(files)), stop_(stop) {
  for (const std::string& file : files_) total_bytes_ += size_of(file);
}

void IndexRun::run(const std::function<void(const IndexResult&)>& finished,
                   const std::function<void()>& tick) {
  const std::size_t processors = std::max<std::size_t>(1, allowed_cpus().size());
  const std::size_t jobs =
      std::min(line_.jobs != 0 ? std::size_t{line_.jobs} : processors, files_.size());
  std::size_t working = jobs;
  std::condition_variable changed;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < jobs; ++i) {
    threads.emplace_back([&] {
      become_idle_thread();
      for (std::size_t at = next_.fetch_add(1); at < files_.size(); at = next_.fetch_add(1)) {
        const IndexResult result = work_on(files_[at]);
        const std::lock_guard<std::mutex> lock(mutex_);
        progress_.files_done.fetch_add(1, std::memory_order_relaxed);
        finished(result);
      }
      const std::lock_guard<std::mutex> lock(mutex_);
      --working;
      changed.notify_all();
    });
  }
  std::unique_lock<std::mutex> lock(mutex_);
  while (!changed.wait_for(lock, kTick, [&working] { return working == 0; })) tick();
  lock.unlock();
  for (std::thread& thread : threads) thread.join();
}

IndexResult IndexRun::check_one(const std::string& path) const {
  IndexResult result;
  result.path = path;
  result.recording_bytes = size_of(path);
  result.index_bytes = size_of(index_path_of(path));
  const std::optional<FileIdentity> identity = identify_file(path, true);
  if (!identity || identity->size_bytes == 0) {
    result.outcome = IndexOutcome::kFailed;
    result.reason = identity ? "empty, so not a capture file" : errno_text(errno);
    return result;
  }
  IndexReader::Opened opened = IndexReader::open(index_path_of(path), *identity);
  if (!opened.reader) {
    result.outcome =
        opened.refusal == IndexRefusal::kMissing ? IndexOutcome::kMissing : IndexOutcome::kBad;
    result.reason = opened.refusal == IndexRefusal::kMissing ? "has no index" : opened.reason;
    return result;
  }
  result.summary = opened.reader->summary();
  result.outcome = IndexOutcome::kHolds;
  // Whether to make one anew is asked of its head alone; --check reads it whole.
  if (line_.check && !opened.reader->check()) {
    result.outcome = IndexOutcome::kBad;
    result.reason = opened.reader->error();
  }
  return result;
}

IndexResult IndexRun::work_on(const std::string& path) {
  IndexResult result;
  result.path = path;
  if (stop_.load(std::memory_order_relaxed)) return result;
  try {
    if (line_.check || !line_.force) {
      result = check_one(path);
      if (line_.check) return result;
      // One that a recorder made in a hurry is made anew.
      if (result.outcome == IndexOutcome::kHolds && result.summary.skipped_blocks == 0) {
        result.outcome = IndexOutcome::kUpToDate;
        progress_.bytes_done.fetch_add(result.recording_bytes, std::memory_order_relaxed);
        return result;
      }
    }
    result.reason.clear();
    index_one(result);
  } catch (const UsageError& error) {
    result.outcome = IndexOutcome::kNoRecording;
    result.reason = error.what();
  } catch (const std::exception& error) {
    result.outcome = IndexOutcome::kFailed;
    result.reason = error.what();
  }
  return result;
}

void IndexRun::index_one(IndexResult& result) {
  IndexRecordingOptions options;
  options.gentle = true;
  options.progress = [this, before = std::uint64_t{0}](std::uint64_t done) mutable {
    progress_.bytes_done.fetch_add(done - before, std::memory_order_relaxed);
    before = done;
    return !stop_.load(std::memory_order_relaxed);
  };
  result.recording_bytes = size_of(result.path);
  const IndexedRecording indexed = index_recording(result.path, options);
  result.outcome = IndexOutcome::kStopped;
  if (indexed.stopped) return;
  if (!indexed.refusal.empty()) {
    result.outcome = IndexOutcome::kRefused;
    result.reason = indexed.refusal;
    return;
  }
  if (const int error = write_index_file(result.path, indexed.bytes, true); error != 0) {
    result.outcome = IndexOutcome::kFailed;
    result.reason = fmt::format("{}: {}", index_path_of(result.path), errno_text(error));
    return;
  }
  const IndexReader::Opened opened = IndexReader::from_bytes_unchecked(indexed.bytes);
  if (opened.reader) result.summary = opened.reader->summary();
  result.index_bytes = indexed.bytes.size();
  result.outcome = IndexOutcome::kIndexed;
  result.reason = indexed.damage;
}

}  // namespace capstan::tools
