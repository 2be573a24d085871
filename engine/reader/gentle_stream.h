// GentleStream: a regular file read from its start to its end without leaving it in the page cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/core/mmap_region.h"
#include "engine/core/unique_fd.h"
#include "engine/reader/byte_stream.h"

namespace capstan {

// Reads with O_DIRECT in large aligned pieces; where the file system has none, through the page
// cache, from which each piece is dropped again.
class GentleStream final : public ByteStream {
 public:
  // `fd` is open for reading. Throws std::bad_alloc.
  explicit GentleStream(UniqueFd fd);

  std::size_t read(std::uint8_t* to, std::size_t size) override;
  const std::string& error() const noexcept override { return error_; }

 private:
  bool fill();

  UniqueFd fd_;
  MmapRegion buffer_;
  bool direct_ = false;
  std::uint64_t offset_ = 0;  // of the buffer's end in the file
  std::size_t used_ = 0;
  std::size_t have_ = 0;
  std::string error_;
};

}  // namespace capstan
