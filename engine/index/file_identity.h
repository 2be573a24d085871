// FileIdentity: identifies the file that an index was made from; cheap to obtain.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace capstan {

// The same inode with the same time of change is the same file, without looking at its bytes; with
// another time of change it has been written to. With another inode, as of a copy, size and digest
// are compared; a digest takes two small reads.
struct FileIdentity {
  std::uint64_t size_bytes = 0;
  std::uint64_t inode = 0;        // 0: unknown
  std::uint64_t modified_ns = 0;  // st_mtim
  // The first 16 bytes of SHA-256 over the size and the first and last kDigestBytes of the file.
  std::array<std::uint8_t, 16> digest{};
  bool has_digest = false;
};

inline constexpr std::uint64_t kDigestBytes = 4096;

// Identity of an open regular file. Blocks for one stat call and, with `digest`, for two reads.
// nullopt on failure; errno says why.
std::optional<FileIdentity> identify_file(int fd, bool digest) noexcept;

// The same for a path. Without `digest` the file need not be readable.
std::optional<FileIdentity> identify_file(const std::string& path, bool digest) noexcept;

// The same for bytes in memory, as if they were a file: size and digest only.
FileIdentity identify_bytes(std::span<const std::uint8_t> bytes) noexcept;

}  // namespace capstan
