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

  // Up to `size` bytes to `to`; waits until there is at least one. 0: the end, or a failure, which
  // error() then names.
  [[nodiscard]] virtual std::size_t read(std::uint8_t* to, std::size_t size) = 0;

  // Empty unless reading failed.
  virtual const std::string& error() const noexcept = 0;
};

// A descriptor, with the few bytes given back that were looked at to tell the format.
class FdStream final : public ByteStream {
 public:
  // `stop`, when given: read() looks at it while nothing comes, and ends when it is true. `idle`,
  // when given: called by read() when nothing has come for a moment, before it waits any longer.
  // What it throws, read() does.
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

// How a file is compressed, told by its first bytes, never by its name.
enum class Compression : std::uint8_t { kNone, kGzip, kZstd };

// Bytes of the start of a file that the functions below look at.
inline constexpr std::size_t kCompressionMagicBytes = 6;

Compression detect_compression(const std::uint8_t* start, std::size_t size) noexcept;

// The name of a compression that is not read here ("xz", "lz4", "bzip2"), nullptr for anything
// else.
const char* unsupported_compression(const std::uint8_t* start, std::size_t size) noexcept;

// Decompresses all members or frames of `packed`. Memory is bounded: zstd windows above 128 MiB are
// refused.
std::unique_ptr<ByteStream> decompress(Compression compression, std::unique_ptr<ByteStream> packed);

}  // namespace capstan
