// The hashes by which people compare files.
#pragma once

#include <string>

namespace capstan::tools {

// In hexadecimal; "-" where there is none.
struct FileHashes {
  std::string sha256 = "-";
  std::string ripemd160 = "-";
  std::string sha1 = "-";
};

// Of the bytes of a file as they are stored. What cannot be read, or is no file, has none; nor has
// what the library leaves out (FIPS 140 has no RIPEMD-160).
FileHashes hash_file(const std::string& path);

}  // namespace capstan::tools
