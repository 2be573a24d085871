// QuietFile and QuietStream: a file read beside a running recorder without being in its way: what
// is read leaves no page cache behind, and a file that is being written is read past the cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/mmap_region.h"
#include "engine/core/unique_fd.h"
#include "engine/reader/byte_stream.h"

namespace capstan {

// One open regular file. One thread.
class QuietFile {
 public:
  enum class Manner : std::uint8_t {
    // From the page cache where the file is in it, and what is not goes as soon as it is read:
    // RWF_DONTCACHE (Linux 6.14), before that POSIX_FADV_DONTNEED behind the reader.
    kUncached,
    // O_DIRECT, for a file that a recorder writes with O_DIRECT: pages of it in the cache would
    // make the kernel refuse or buffer that recorder's writes (kiocb_invalidate_pages,
    // mm/filemap.c). Where the file system has no O_DIRECT: as kUncached.
    kDirect,
  };

  // Takes over `fd`, open for reading.
  QuietFile(UniqueFd fd, Manner manner) noexcept;

  // Up to `size` bytes at `offset` to `to`. 0: the end of the file, or a failure, which error()
  // names.
  std::size_t read_at(std::uint64_t offset, std::uint8_t* to, std::size_t size);

  const std::string& error() const noexcept { return error_; }
  // Bytes that read_at() took from the file, what direct reads take around them included.
  std::uint64_t bytes_read() const noexcept { return bytes_read_; }

 private:
  std::size_t read_uncached(std::uint64_t offset, std::uint8_t* to, std::size_t size);
  std::size_t read_direct(std::uint64_t offset, std::uint8_t* to, std::size_t size);
  bool fill_bounce(std::uint64_t offset);

  UniqueFd fd_;
  bool direct_ = false;
  bool has_dontcache_ = true;
  std::string error_;
  std::uint64_t bytes_read_ = 0;
  MmapRegion bounce_;  // direct reads: aligned, [bounce_start_, + bounce_used_) of the file
  std::uint64_t bounce_start_ = 0;
  std::size_t bounce_used_ = 0;
};

// A stretch of a file.
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

// The bytes of some ranges of a file, one behind the other, as if nothing lay between them: a
// recording of which only some blocks are wanted is a recording too.
class QuietStream final : public ByteStream {
 public:
  // All of it.
  explicit QuietStream(QuietFile file) : QuietStream(std::move(file), {{0, ~std::uint64_t{0}}}) {}
  // `ranges`: in rising order, not overlapping.
  QuietStream(QuietFile file, std::vector<ByteRange> ranges)
      : file_(std::move(file)), ranges_(std::move(ranges)) {}

  std::size_t read(std::uint8_t* to, std::size_t size) override;
  const std::string& error() const noexcept override { return file_.error(); }

 private:
  QuietFile file_;
  std::vector<ByteRange> ranges_;
  std::size_t range_ = 0;
  std::uint64_t in_range_ = 0;  // bytes of it that are read
};

// Where byte `offset` of a QuietStream of these ranges lies in the file.
std::uint64_t offset_in_file(const std::vector<ByteRange>& ranges, std::uint64_t offset) noexcept;

}  // namespace capstan
