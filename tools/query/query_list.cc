#include "tools/query/query_list.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cstdio>
#include <vector>

#include "engine/reader/capture_file.h"
#include "engine/reader/unreadable_file.h"
#include "tools/common/exit_status.h"
#include "tools/common/log.h"
#include "tools/common/units.h"

namespace capstan::tools {

namespace {

std::uint64_t size_of(const std::string& path) noexcept {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

// Whether the query would read packets of it; why not, if it may be a recording, into `troubles`.
// Throws for a file that was named.
bool can_be_read(const SetFile& file, std::vector<SetTrouble>& troubles) {
  if (file.path == "-" || is_tcp_source(file.path)) return true;
  try {
    static_cast<void>(CaptureFile::open(file.path, ReadManner::kGentle));
    return true;
  } catch (const UnreadableFile& error) {
    if (file.named) throw;
    troubles.push_back({file.path, without_name(file.path, error.what())});
  } catch (const UsageError&) {  // no recording
    if (file.named) throw;
  }
  return false;
}

}  // namespace

int list_query(const QueryCommandLine& line, const RecordingSet& set, QueryFilter& filter) {
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
  std::uint64_t all_bytes = 0;
  std::vector<SetTrouble> troubles = set.troubles;
  for (const SetFile& file : set.files) {
    const FilePlan plan = line.use_index ? filter.plan(file) : FilePlan{};
    const PlanFacts& facts = filter.facts();
    const std::uint64_t size = size_of(file.path);
    if (!plan.skip && !plan.ranges && !can_be_read(file, troubles)) continue;
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
  fmt::print("{} of {} files, {} of {} to be read\n", grouped(files), grouped(set.files.size()),
             human_bytes(bytes), human_bytes(all_bytes));
  for (const SetTrouble& trouble : troubles) {
    say("capstan query: {} could not be read: {}\n", printable(trouble.path),
        printable(trouble.text));
  }
  return line.fail_on_loss && !troubles.empty() ? kExitLoss : kExitDone;
}

}  // namespace capstan::tools
