#include "engine/index/file_identity.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "engine/core/clock.h"
#include "engine/core/read_all.h"
#include "engine/core/unique_fd.h"

namespace capstan {

namespace {

// SHA-256 over the size and the two ends. `read` brings `size` bytes from `offset`; false: errno.
template <typename Read>
bool make_digest(FileIdentity& identity, Read read) noexcept {
  std::array<std::uint8_t, 8 + 2 * kDigestBytes> input{};
  for (std::size_t i = 0; i < 8; ++i) {
    input[i] = static_cast<std::uint8_t>(identity.size_bytes >> (8 * i));
  }
  const std::uint64_t part = std::min(identity.size_bytes, kDigestBytes);
  std::uint8_t* const head = input.data() + 8;
  if (!read(0, head, part) || !read(identity.size_bytes - part, head + part, part)) return false;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(input.data(), 8 + 2 * part, digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    errno = ENOTSUP;
    return false;
  }
  std::copy_n(digest.begin(), identity.digest.size(), identity.digest.begin());
  identity.has_digest = true;
  return true;
}

// Without a digest. nullopt: no regular file; errno is set.
std::optional<FileIdentity> identity_of(const struct stat& status) noexcept {
  if (!S_ISREG(status.st_mode)) {
    errno = EINVAL;
    return std::nullopt;
  }
  FileIdentity identity;
  identity.size_bytes = static_cast<std::uint64_t>(status.st_size);
  identity.inode = status.st_ino;
  identity.modified_ns = static_cast<std::uint64_t>(status.st_mtim.tv_sec) * kNanosecondsPerSecond +
                         static_cast<std::uint64_t>(status.st_mtim.tv_nsec);
  return identity;
}

}  // namespace

std::optional<FileIdentity> identify_file(int fd, bool digest) noexcept {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return std::nullopt;
  std::optional<FileIdentity> identity = identity_of(status);
  if (!identity) return std::nullopt;
  if (digest &&
      !make_digest(*identity, [fd](std::uint64_t offset, std::uint8_t* to, std::size_t size) {
        errno = pread_all(fd, {to, size}, offset);
        return errno == 0;
      })) {
    return std::nullopt;
  }
  return identity;
}

std::optional<FileIdentity> identify_file(const std::string& path, bool digest) noexcept {
  if (!digest) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return std::nullopt;
    return identity_of(status);
  }
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return std::nullopt;
  return identify_file(fd.get(), digest);
}

FileIdentity identify_bytes(std::span<const std::uint8_t> bytes) noexcept {
  FileIdentity identity;
  identity.size_bytes = bytes.size();
  const auto copy = [bytes](std::uint64_t offset, std::uint8_t* to, std::size_t size) {
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), size, to);
    return true;
  };
  static_cast<void>(make_digest(identity, copy));
  return identity;
}

}  // namespace capstan
