// OutputStream: writes text to a file descriptor in large pieces.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace capstan::show {

// Collects text and writes it in pieces of about kPieceBytes. Not thread-safe. Does not own the
// descriptor.
class OutputStream {
 public:
  explicit OutputStream(int fd);

  void put(std::string_view text) {
    if (used_ + text.size() > kPieceBytes) flush();
    if (text.size() >= kPieceBytes) {
      write_all(text.data(), text.size());
      return;
    }
    text.copy(buffer_.data() + used_, text.size());
    used_ += text.size();
  }
  void flush() {
    write_all(buffer_.data(), used_);
    used_ = 0;
  }
  // Whether the reader of the pipe has gone, so that nothing more needs to be printed.
  bool closed() const noexcept { return closed_; }

 private:
  static constexpr std::size_t kPieceBytes = std::size_t{256} << 10;
  // Throws std::system_error.
  void write_all(const char* data, std::size_t size);

  int fd_;
  bool closed_ = false;
  std::string buffer_;
  std::size_t used_ = 0;
};

}  // namespace capstan::show
