// ByteWindow: the bytes of a file that are in memory now: all of them when the file is mapped, a
// bounded range that moves forward when it is a stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "engine/core/mapped_file.h"
#include "engine/core/mmap_region.h"
#include "engine/reader/byte_stream.h"
#include "engine/reader/capture_items.h"

namespace capstan {

class ByteWindow {
 public:
  // Bytes of the caller, which must outlive the window.
  explicit ByteWindow(std::span<const std::uint8_t> bytes) noexcept : bytes_(bytes) {}
  explicit ByteWindow(MappedFile mapping) noexcept
      : bytes_(mapping.data(), mapping.size()), mapping_(std::move(mapping)) {}
  explicit ByteWindow(std::unique_ptr<ByteStream> stream) noexcept : stream_(std::move(stream)) {}

  std::span<const std::uint8_t> bytes() const noexcept { return bytes_; }

  // Where bytes() begins in the (decompressed) file.
  std::uint64_t offset() const noexcept { return offset_; }

  // Drops the first `used` bytes and waits until there is at least one new byte at the end. False:
  // there are no more. The buffer grows until it can hold a record of kMaxBlockBytes, but no
  // further. In a stream, invalidates what was borrowed from bytes().
  [[nodiscard]] bool more(std::size_t used);

  // True when bytes() never moves: what is borrowed from it is valid as long as the window.
  bool is_stable() const noexcept { return stream_ == nullptr; }

  // The end that a reader found, or, if the file lost bytes while it was read, the end where they
  // are missing. To be asked once, when the reader is done.
  FileEnd true_end(FileEnd found) const;

  // Why more() returned false; empty at an ordinary end.
  std::string error() const { return stream_ == nullptr ? std::string{} : stream_->error(); }

 private:
  std::span<const std::uint8_t> bytes_;
  std::uint64_t offset_ = 0;
  MappedFile mapping_;
  std::unique_ptr<ByteStream> stream_;
  MmapRegion buffer_;  // used with a stream only
};

}  // namespace capstan
