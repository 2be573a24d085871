// FileIdentity: which file an index was made of, cheap to ask.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace capstan {

// Two identities are of the same bytes when size and digest are equal; a digest costs two small
// reads. The same inode, unchanged since, is the same file without looking at its bytes.
struct FileIdentity {
  std::uint64_t size_bytes = 0;
  std::uint64_t inode = 0;        // 0: not known
  std::uint64_t modified_ns = 0;  // st_mtim
  // The first 16 bytes of SHA-256 over size, the first and the last kDigestBytes of the file.
  std::array<std::uint8_t, 16> digest{};
  bool has_digest = false;
};

inline constexpr std::uint64_t kDigestBytes = 4096;

// Of an open regular file. Blocks for one stat, with `digest` for two reads. nullopt: errno says
// why.
std::optional<FileIdentity> identify_file(int fd, bool digest) noexcept;

// The same by path. Without `digest` the file need not be readable.
std::optional<FileIdentity> identify_file(const std::string& path, bool digest) noexcept;

// Of bytes in memory, as if they were a file: size and digest.
FileIdentity identify_bytes(std::span<const std::uint8_t> bytes) noexcept;

}  // namespace capstan
