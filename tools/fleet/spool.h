// Spool: bytes on their way from the thread that fetches them to the one that merges, in bounded
// memory.
//
// Packets of all sensors are merged by time, so while one sensor searches, those of the others have
// to wait. Their connections do not: a server closes what nobody reads, and counts the time. What
// does not fit into memory waits in a file without a name, which is gone with the process.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "engine/core/unique_fd.h"
#include "engine/reader/byte_stream.h"

namespace capstan::fleet::asking {

// What all spools of an answer may keep on disk together.
struct SpoolRoom {
  explicit SpoolRoom(std::uint64_t bytes) noexcept : most_bytes(bytes) {}
  const std::uint64_t most_bytes;
  std::atomic<std::uint64_t> used_bytes{0};  // a count: orders nothing
};

// One thread writes, one reads; leave() and bytes() may be called by any.
class Spool {
 public:
  // `most_in_memory`: bytes. `folder`: for the file; on a disk, not in memory.
  // `room`: null: as much as the disk has.
  Spool(std::size_t most_in_memory, std::string folder, std::shared_ptr<SpoolRoom> room = nullptr)
      : most_(most_in_memory), folder_(std::move(folder)), room_(std::move(room)) {}
  ~Spool();

  // -- writer --
  // Never waits for the reader. Returns false when the reader has left. Throws std::system_error
  // when the file cannot be made or written, std::runtime_error when there is no room for it.
  bool write(std::span<const std::uint8_t> bytes);
  // The reader gets what is here, and then the end.
  void finish();

  // -- reader --
  // Waits for a byte. 0: the end.
  std::size_t read(std::uint8_t* to, std::size_t size);
  void leave();

  // Bytes that came in all, and of them those that went through the file.
  std::uint64_t bytes() const;
  std::uint64_t bytes_in_file() const;

 private:
  void write_file(std::span<const std::uint8_t> bytes);
  std::size_t read_file(std::uint8_t* to, std::size_t size);

  const std::size_t most_;
  const std::string folder_;
  const std::shared_ptr<SpoolRoom> room_;
  mutable std::mutex mutex_;
  std::condition_variable came_;
  std::vector<std::uint8_t> memory_;  // older than what is in the file
  std::size_t memory_read_ = 0;
  UniqueFd file_;
  std::uint64_t file_read_ = 0;
  std::uint64_t file_end_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t spilled_ = 0;
  bool finished_ = false;
  bool left_ = false;
};

// The reading end as a stream for CaptureFile.
class SpoolStream final : public ByteStream {
 public:
  explicit SpoolStream(std::shared_ptr<Spool> spool) noexcept : spool_(std::move(spool)) {}
  std::size_t read(std::uint8_t* to, std::size_t size) override { return spool_->read(to, size); }
  const std::string& error() const noexcept override { return no_error_; }

 private:
  std::shared_ptr<Spool> spool_;
  std::string no_error_;
};

// Where such files go: $TMPDIR, else /var/tmp.
std::string spool_folder();

}  // namespace capstan::fleet::asking
