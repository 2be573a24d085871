// Hashes for comparing files.
#pragma once

#include <string>

namespace capstan::tools {

// In hexadecimal; "-" where there is none.
struct FileHashes {
  std::string sha256 = "-";
  std::string ripemd160 = "-";
  std::string sha1 = "-";
};

// Hashes the bytes of a file as stored. There is no hash for a path that cannot be read or is not a
// file, nor for algorithms that the library lacks (FIPS 140 has no RIPEMD-160).
FileHashes hash_file(const std::string& path);

}  // namespace capstan::tools
