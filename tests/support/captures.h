// The captures that golden tests read: tests/data/captures, or the folder that CAPSTAN_CAPTURES
// names.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace capstan::test {

inline std::filesystem::path captures() {
  const char* const set = std::getenv("CAPSTAN_CAPTURES");
  return set != nullptr ? set : CAPSTAN_SOURCE_DIR "/tests/data/captures";
}

// Every capture file under it, sorted.
inline std::vector<std::filesystem::path> capture_files() {
  namespace fs = std::filesystem;
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(captures())) {
    const std::string extension = entry.path().extension();
    if (!entry.is_regular_file() || extension == ".tsv" || extension == ".md") continue;
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace capstan::test
