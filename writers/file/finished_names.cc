#include "writers/file/finished_names.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "engine/index/index_reader.h"
#include "writers/index/index_file.h"

namespace capstan {

namespace {

constexpr std::string_view kEndings[] = {".gz", ".zst", ".xz", ".bz2", ".lz4", ".Z"};

std::uint64_t size_of(const std::string& path) noexcept {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

int remove_file(const std::string& path) noexcept {
  return ::unlink(path.c_str()) == 0 || errno == ENOENT ? 0 : errno;
}

int remove_compressed(const std::string& path) noexcept {
  for (const std::string_view ending : kEndings) {
    if (const int error = remove_file(std::string(path).append(ending)); error != 0) return error;
  }
  return 0;
}

// A disk that does not answer is no proof of it.
bool is_gone(const std::string& path) noexcept {
  struct stat status {};
  return ::lstat(path.c_str(), &status) != 0 && errno == ENOENT;
}

}  // namespace

std::string without_compressed_ending(const std::string& name) {
  for (const std::string_view ending : kEndings) {
    if (name.size() > ending.size() && std::string_view(name).ends_with(ending)) {
      return name.substr(0, name.size() - ending.size());
    }
  }
  return name;
}

BytesOnDisk bytes_on_disk(const std::string& path, bool compressed) noexcept {
  BytesOnDisk bytes{size_of(path), size_of(index_path_of(path))};
  if (!compressed) return bytes;
  for (const std::string_view ending : kEndings)
    bytes.file += size_of(std::string(path).append(ending));
  return bytes;
}

int delete_finished(const std::string& path, bool compressed) noexcept {
  if (const int error = remove_file(path); error != 0) return error;
  static_cast<void>(remove_index_file(path));
  return compressed ? remove_compressed(path) : 0;
}

void delete_rest(const std::string& path) noexcept {
  if (!is_gone(path)) return;
  static_cast<void>(remove_index_file(path));
  static_cast<void>(remove_compressed(path));
}

void delete_lone_index(const std::string& path) noexcept {
  if (is_gone(path)) static_cast<void>(remove_index_file(path));
}

}  // namespace capstan
