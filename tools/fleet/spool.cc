#include "tools/fleet/spool.h"

#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "engine/core/errors.h"
#include "engine/core/files.h"
#include "engine/core/write_all.h"
#include "tools/common/units.h"

namespace capstan::fleet::asking {

namespace {

constexpr const char* kMend = "TMPDIR names another folder for packets that have to wait";

}  // namespace

std::string spool_folder() {
  const char* const named = ::getenv("TMPDIR");
  return named != nullptr && *named != '\0' ? named : "/var/tmp";
}

Spool::~Spool() {
  if (room_) room_->used_bytes.fetch_sub(file_end_, std::memory_order_relaxed);
}

void Spool::write_file(std::span<const std::uint8_t> bytes) {
  if (room_ &&
      room_->used_bytes.load(std::memory_order_relaxed) + bytes.size() > room_->most_bytes) {
    throw std::runtime_error(
        fmt::format("more than {} would have to wait here for slower sensors, "
                    "or for the client",
                    tools::human_bytes(room_->most_bytes)));
  }
  if (!file_) file_ = open_nameless_file(folder_);
  if (!file_) throw_errno("make a file in " + folder_, kMend);
  spilled_ += bytes.size();
  const WriteOutcome outcome =
      pwrite_all(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(file_end_));
  file_end_ += outcome.written;
  if (room_) room_->used_bytes.fetch_add(outcome.written, std::memory_order_relaxed);
  if (outcome.error != 0) {
    throw_system_error(outcome.error, "write what has to wait into " + folder_, kMend);
  }
}

bool Spool::write(std::span<const std::uint8_t> bytes) {
  const std::lock_guard lock(mutex_);
  if (left_) return false;
  bytes_ += bytes.size();
  const bool file_in_use = file_read_ != file_end_;
  if (!file_in_use && memory_.size() - memory_read_ + bytes.size() <= most_) {
    if (memory_.size() + bytes.size() > most_) {
      memory_.erase(memory_.begin(), memory_.begin() + static_cast<std::ptrdiff_t>(memory_read_));
      memory_read_ = 0;
    }
    memory_.insert(memory_.end(), bytes.begin(), bytes.end());
  } else {
    write_file(bytes);
  }
  came_.notify_one();
  return true;
}

void Spool::finish() {
  const std::lock_guard lock(mutex_);
  finished_ = true;
  came_.notify_one();
}

std::size_t Spool::read_file(std::uint8_t* to, std::size_t size) {
  const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(size, file_end_ - file_read_));
  ssize_t count = 0;
  do {
    count = ::pread(file_.get(), to, most, static_cast<off_t>(file_read_));
  } while (count < 0 && errno == EINTR);
  if (count <= 0) throw_errno("read what had to wait from " + folder_);
  file_read_ += static_cast<std::uint64_t>(count);
  if (file_read_ == file_end_ && ::ftruncate(file_.get(), 0) == 0) {
    if (room_) room_->used_bytes.fetch_sub(file_end_, std::memory_order_relaxed);
    file_read_ = file_end_ = 0;
  }
  return static_cast<std::size_t>(count);
}

std::size_t Spool::read(std::uint8_t* to, std::size_t size) {
  std::unique_lock lock(mutex_);
  came_.wait(lock, [this] {
    return finished_ || memory_read_ != memory_.size() || file_read_ != file_end_;
  });
  const std::size_t count = std::min(size, memory_.size() - memory_read_);
  if (count == 0) return file_read_ != file_end_ ? read_file(to, size) : 0;
  std::memcpy(to, memory_.data() + memory_read_, count);
  memory_read_ += count;
  if (memory_read_ == memory_.size()) {
    memory_.clear();
    memory_read_ = 0;
  }
  return count;
}

void Spool::leave() {
  const std::lock_guard lock(mutex_);
  left_ = true;
}

std::uint64_t Spool::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

std::uint64_t Spool::bytes_in_file() const {
  const std::lock_guard lock(mutex_);
  return spilled_;
}

}  // namespace capstan::fleet::asking
