// Where the capture files lie that are not part of the repository: $CAPSTAN_SHARED/pcaps, or
// ../shared/pcaps beside the source tree.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace capstan::test {

// Empty when there are none.
inline std::filesystem::path shared_captures() {
  namespace fs = std::filesystem;
  const char* set = std::getenv("CAPSTAN_SHARED");
  const fs::path root = set != nullptr ? fs::path(set) : fs::path(CAPSTAN_SOURCE_DIR "/../shared");
  std::error_code ignored;
  return fs::is_directory(root / "pcaps", ignored) ? root / "pcaps" : fs::path{};
}

// Every capture file under it, sorted.
inline std::vector<std::filesystem::path> shared_capture_files() {
  namespace fs = std::filesystem;
  std::vector<fs::path> files;
  const fs::path root = shared_captures();
  if (root.empty()) return files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root)) {
    const std::string extension = entry.path().extension();
    if (!entry.is_regular_file() || extension == ".tsv" || extension == ".md") continue;
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace capstan::test
