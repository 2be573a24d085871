// ByteStream: bytes that can be read once, in order: a pipe, or a compressed file.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/unique_fd.h"

namespace capstan {

class ByteStream {
 public:
  virtual ~ByteStream() = default;

  // Reads up to `size` bytes into `to`; blocks until there is at least one. Returns 0 at the end or
  // on a failure, which error() then describes.
  [[nodiscard]] virtual std::size_t read(std::uint8_t* to, std::size_t size) = 0;

  // Empty unless reading failed.
  virtual const std::string& error() const noexcept = 0;
};

// A file descriptor. Bytes that peek() read, to recognise the format, are returned by read() again.
class FdStream final : public ByteStream {
 public:
  // `stop`, if given: read() checks it while no data arrives, and ends the stream when it is true.
  // `idle`, if given: read() calls it when no data has arrived for a moment, before it waits
  // longer. read() passes on what it throws.
  explicit FdStream(UniqueFd fd, const std::atomic<bool>* stop = nullptr,
                    std::function<void()> idle = {}) noexcept
      : fd_(std::move(fd)), stop_(stop), idle_(std::move(idle)) {}

  std::size_t read(std::uint8_t* to, std::size_t size) override;
  const std::string& error() const noexcept override { return error_; }

  // The first `size` bytes without consuming them; fewer when the stream is shorter. Only before
  // the first read().
  const std::vector<std::uint8_t>& peek(std::size_t size);

 private:
  std::size_t read_fd(std::uint8_t* to, std::size_t size);

  bool wait_readable() const noexcept;

  UniqueFd fd_;
  const std::atomic<bool>* stop_;
  std::function<void()> idle_;
  std::vector<std::uint8_t> peeked_;
  std::size_t peeked_used_ = 0;
  std::string error_;
};

// How a file is compressed. Determined from its first bytes, never from its name.
enum class Compression : std::uint8_t { kNone, kGzip, kZstd };

// Number of bytes at the start of a file that the functions below look at.
inline constexpr std::size_t kCompressionMagicBytes = 6;

Compression detect_compression(const std::uint8_t* start, std::size_t size) noexcept;

// The name of a compression that is recognised but not supported ("xz", "lz4", "bzip2"); nullptr
// for anything else.
const char* unsupported_compression(const std::uint8_t* start, std::size_t size) noexcept;

// Decompresses all members or frames of `packed`. Memory is bounded: zstd windows above 128 MiB are
// rejected.
std::unique_ptr<ByteStream> decompress(Compression compression, std::unique_ptr<ByteStream> packed);

}  // namespace capstan
