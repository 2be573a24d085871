// Going through a directory without exceptions: std::filesystem's iterators throw from a range-for
// when the kernel refuses an entry later than the first (getdents64(2): EIO, ESTALE, or ENOENT of a
// directory that has gone).
#pragma once

#include <filesystem>
#include <system_error>

namespace capstan {

// Calls visit(const std::filesystem::directory_entry&) for each entry, in the order in which the
// kernel gives them. Returns what ended it early: the directory cannot be opened, or not be read to
// its end. Throws only what `visit` throws.
template <typename Visit>
std::error_code for_each_entry(const std::filesystem::path& directory, Visit visit) {
  std::error_code error;
  std::filesystem::directory_iterator at(directory, error);
  for (const std::filesystem::directory_iterator end; !error && at != end; at.increment(error)) {
    visit(*at);
  }
  return error;
}

}  // namespace capstan
