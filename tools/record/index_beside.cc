#include "tools/record/index_beside.h"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "engine/index/index_reader.h"
#include "writers/file/rotation.h"

namespace capstan::tools {

namespace {

// Rows of one file in memory: a third of what `capstan index` takes, about 50 MB.
constexpr std::uint32_t kMaxRows = 300'000;

IndexWorkerOptions worker_options(bool sync, std::function<bool()> busy) {
  IndexWorkerOptions options;
  options.sync = sync;
  options.limits.max_rows = kMaxRows;
  options.busy = std::move(busy);
  return options;
}

}  // namespace

IndexBeside::IndexBeside(bool sync, std::function<bool()> busy)
    : worker_(worker_options(sync, std::move(busy))) {
  // The library of digests reads its configuration at its first use, which a sandbox refuses later.
  static_cast<void>(identify_bytes({}));
}

void IndexBeside::start() { worker_.start(); }

void IndexBeside::add_earlier(const std::string& pattern) {
  const SeriesNames names(pattern);
  const std::filesystem::path parent = std::filesystem::path(pattern).parent_path();
  const std::filesystem::path directory = parent.empty() ? std::filesystem::path(".") : parent;
  std::vector<std::string> without;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const std::filesystem::path& path = entry.path();
    if (!names.number_of(path.filename().string()) || !entry.is_regular_file(error)) continue;
    if (!std::filesystem::exists(index_path_of(path.string()), error)) {
      without.push_back(path.string());
    }
  }
  // The newest first: the oldest are the next to go.
  std::sort(without.begin(), without.end(), std::greater<>());
  for (const std::string& path : without) worker_.add(path);
}

IndexStats IndexBeside::stats() const noexcept {
  const IndexCounters& counters = worker_.counters();
  return {counters.files_indexed.get(), counters.files_failed.get(), counters.files_refused.get(),
          counters.files_left.get()};
}

}  // namespace capstan::tools
