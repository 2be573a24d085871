#include "tools/query/query_list.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cstdio>

#include "tools/common/exit_status.h"
#include "tools/common/log.h"
#include "tools/common/units.h"

namespace capstan::tools {

namespace {

std::uint64_t size_of(const std::string& path) noexcept {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

}  // namespace

int list_query(const QueryCommandLine& line, const RecordingSet& set, QueryFilter& filter) {
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
  std::uint64_t all_bytes = 0;
  for (const SetFile& file : set.files) {
    const FilePlan plan = line.use_index ? filter.plan(file) : FilePlan{};
    const PlanFacts& facts = filter.facts();
    const std::uint64_t size = size_of(file.path);
    all_bytes += size;
    if (plan.skip) continue;
    ++files;
    if (!plan.ranges) {
      const bool has_none = !line.use_index || facts.refusal == IndexRefusal::kMissing;
      const std::string why =
          has_none ? "no index" : fmt::format("its index is not used: {}", facts.reason);
      fmt::print("{}: all of it, {} ({})\n", printable(file.path), human_bytes(size), why);
      bytes += size;
      continue;
    }
    fmt::print("{}: {} of {} blocks, {} of {}, {} of {} conversations\n", printable(file.path),
               grouped(facts.blocks_to_read), grouped(facts.blocks),
               human_bytes(facts.bytes_to_read), human_bytes(size), grouped(facts.rows_matching),
               grouped(facts.rows));
    bytes += facts.bytes_to_read;
  }
  for (const SetTrouble& trouble : set.troubles) {
    say("capstan query: {}: {}\n", trouble.path, trouble.text);
  }
  fmt::print("{} of {} files, {} of {} to be read\n", grouped(files), grouped(set.files.size()),
             human_bytes(bytes), human_bytes(all_bytes));
  return kExitDone;
}

}  // namespace capstan::tools
