#include "tools/serve/archive.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "engine/core/unique_fd.h"
#include "engine/format/part_name.h"
#include "engine/index/file_identity.h"
#include "engine/index/file_indexer.h"
#include "engine/reader/capture_file.h"
#include "tools/serve/index_facts.h"

namespace capstan::serve {

namespace {

constexpr std::size_t kMostCachedBlocks = 500'000;    // 28 MB
constexpr std::size_t kMostSurveyedBlocks = 500'000;  // of half a terabyte without an index

bool is_capture(const std::string& path) {
  try {
    static_cast<void>(CaptureFile::open(path, ReadManner::kGentle));
    return true;
  } catch (const UsageError&) {
    return false;
  } catch (const std::exception&) {
    return true;  // what is wrong with it is said when it is read
  }
}

// 0: there is none.
std::uint64_t index_modified_ns(const std::string& path) {
  struct stat status {};
  if (::stat(index_path_of(path).c_str(), &status) != 0) return 0;
  return static_cast<std::uint64_t>(status.st_mtim.tv_sec) * kNanosecondsPerSecond +
         static_cast<std::uint64_t>(status.st_mtim.tv_nsec);
}

}  // namespace

std::string series_of(const std::string& path) {
  std::string name = path.ends_with(".part") ? finished_path(path) : path;
  for (const char* ending : {".gz", ".zst", ".pcapng", ".pcap"}) {
    if (name.ends_with(ending)) name.resize(name.size() - std::string_view(ending).size());
  }
  // "_00001_20261128101500"
  const auto cut = [&name](std::size_t least) {
    std::size_t at = name.size();
    while (at > 0 && std::isdigit(static_cast<unsigned char>(name[at - 1])) != 0) --at;
    if (name.size() - at < least || at < 2 || name[at - 1] != '_') return false;
    name.resize(at - 1);
    return true;
  };
  const std::string before = name;
  if (!cut(14) || !cut(5)) name = before;
  return name;
}

Archive::Archive(std::vector<std::string> directories, std::uint64_t listing_age_ns)
    : directories_(std::move(directories)),
      listing_age_ns_(listing_age_ns),
      read_(kMostCachedBlocks) {}

FileFacts Archive::look_at(const SetFile& file, const FileFacts* before) const {
  FileFacts facts;
  const std::optional<FileIdentity> identity = identify_file(file.path, false);
  if (!identity) {
    facts.state = FileFacts::State::kUnreadable;
    facts.reason = errno_text(errno);
    return facts;
  }
  facts.size_bytes = identity->size_bytes;
  facts.inode = identity->inode;
  facts.modified_ns = identity->modified_ns;
  if (file.unfinished) {
    facts.state = FileFacts::State::kGrowing;
    facts.reason = "it is being recorded";
    return facts;
  }
  const bool waits = before != nullptr && before->state == FileFacts::State::kUnknown;
  const bool same = before != nullptr && before->size_bytes == facts.size_bytes &&
                    before->inode == facts.inode && before->modified_ns == facts.modified_ns &&
                    before->state != FileFacts::State::kGrowing;
  if (same && (!waits || index_modified_ns(file.path) == before->index_modified_ns)) return *before;
  facts.index_modified_ns = index_modified_ns(file.path);
  IndexReader::Opened opened = IndexReader::open_beside(file.path);
  if (!opened.reader || !opened.reader->summary().whole) {
    // stat(2) alone does not tell what the sandbox keeps from being opened.
    if (!UniqueFd(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK))) {
      facts.state = FileFacts::State::kUnreadable;
      facts.reason = errno_text(errno);
      facts.modified_ns = 0;  // tried again
      return facts;
    }
    const bool missing = opened.refusal == IndexRefusal::kMissing || opened.reason.empty();
    facts.reason = opened.reader ? "its index is not of all of it"
                   : missing     ? "it has no index"
                                 : opened.reason;
    if (!is_capture(file.path)) facts.state = FileFacts::State::kForeign;
    return facts;
  }
  facts.state = FileFacts::State::kIndexed;
  take_summary(facts, opened.reader->summary());
  return facts;
}

void Archive::note(const SetFile& file, const FileFacts& facts) {
  Known& known = known_[file.path];
  if (known.blocks &&
      (facts.modified_ns != known.facts.modified_ns || facts.inode != known.facts.inode)) {
    surveyed_blocks_ -= known.blocks->size();
    known.blocks.reset();
  }
  known.facts = facts;
  known.seen = true;
}

std::shared_ptr<const Listing> Archive::refresh() {
  RecordingSet found = RecordingSet::below(directories_);
  std::vector<FileFacts> facts;
  facts.reserve(found.files.size());
  for (const SetFile& file : found.files) {
    const auto known = known_.find(file.path);
    facts.push_back(look_at(file, known == known_.end() ? nullptr : &known->second.facts));
  }
  auto listing = std::make_shared<Listing>();
  listing->set.troubles = std::move(found.troubles);
  const std::lock_guard lock(mutex_);
  for (auto& [path, known] : known_) known.seen = false;
  for (std::size_t i = 0; i < facts.size(); ++i) {
    note(found.files[i], facts[i]);
    if (facts[i].state == FileFacts::State::kForeign) continue;
    listing->set.files.push_back(std::move(found.files[i]));
    listing->facts.push_back(std::move(facts[i]));
  }
  std::erase_if(known_, [this](const auto& entry) {
    if (!entry.second.seen && entry.second.blocks) surveyed_blocks_ -= entry.second.blocks->size();
    return !entry.second.seen;
  });
  return listing;
}

std::shared_ptr<const Listing> Archive::list() {
  const std::lock_guard lock(refreshing_);
  const std::uint64_t now_ns = monotonic_clock_ns();
  if (!listing_ || now_ns - listed_ns_ > listing_age_ns_) {
    listing_ = refresh();
    listed_ns_ = monotonic_clock_ns();
  }
  return listing_;
}

RecordingSet Archive::choose(const Listing& listing, const TimeRange& range,
                             const std::string& recording, std::vector<FileFacts>* left_out,
                             AbsentParts* left_parts) const {
  RecordingSet set;
  set.troubles = listing.set.troubles;
  // Of one series alone the others are not asked for.
  if (left_parts != nullptr && !recording.empty()) left_parts->add_unknown();
  for (std::size_t i = 0; i < listing.set.files.size(); ++i) {
    const FileFacts& facts = listing.facts[i];
    if (!recording.empty() && series_of(listing.set.files[i].path) != recording) continue;
    // What the end of a cut file lost is of a time that nothing here tells.
    if (facts.known() && facts.whole && facts.has_ledger && facts.dropped == 0 &&
        !range.overlaps(facts.first_ns, facts.last_ns)) {
      if (left_out != nullptr) left_out->push_back(facts);
      if (left_parts != nullptr && !facts.place_known) left_parts->add_unknown();
      if (left_parts != nullptr) {
        left_parts->add(facts.place, listing.set.files[i].path, facts.first_ns, facts.last_ns);
      }
      continue;
    }
    set.files.push_back(listing.set.files[i]);
  }
  return set;
}

std::shared_ptr<const BlockFacts> Archive::blocks(const SetFile& file, const FileFacts& facts) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = known_.find(file.path);
    if (known != known_.end() && known->second.blocks) return known->second.blocks;
    if (auto blocks = read_.find(file.path, facts.modified_ns)) return blocks;
  }
  if (facts.state != FileFacts::State::kIndexed) return nullptr;
  IndexReader::Opened opened = IndexReader::open_beside(file.path);
  if (!opened.reader) return nullptr;
  std::shared_ptr<const BlockFacts> blocks = facts_of(*opened.reader);
  if (!blocks) return nullptr;
  const std::lock_guard lock(mutex_);
  read_.put(file.path, facts.modified_ns, blocks);
  return blocks;
}

// A listing may be older than the last survey.
std::optional<std::pair<std::string, FileFacts>> Archive::find_unknown(const Listing& listing) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < listing.facts.size(); ++i) {
    if (listing.facts[i].state != FileFacts::State::kUnknown) continue;
    const auto known = known_.find(listing.set.files[i].path);
    if (known == known_.end() || known->second.facts.state != FileFacts::State::kUnknown) continue;
    return std::pair(known->first, known->second.facts);
  }
  return std::nullopt;
}

void Archive::note_surveyed(const std::string& path, const FileFacts& facts,
                            std::shared_ptr<const BlockFacts> blocks) {
  const std::scoped_lock lock(refreshing_, mutex_);
  const auto known = known_.find(path);
  if (known == known_.end()) return;
  known->second.facts = facts;
  if (!blocks || surveyed_blocks_ + blocks->size() > kMostSurveyedBlocks) return;
  surveyed_blocks_ += blocks->size();
  known->second.blocks = std::move(blocks);
}

bool Archive::survey_one(const std::atomic<bool>& stop) {
  const std::shared_ptr<const Listing> listing = list();
  if (stop.load(std::memory_order_relaxed)) return false;
  auto unknown = find_unknown(*listing);
  if (!unknown) return false;
  auto& [path, facts] = *unknown;
  std::shared_ptr<const BlockFacts> blocks;
  try {
    IndexRecordingOptions options;
    options.gentle = true;
    options.progress = [&stop](std::uint64_t) { return !stop.load(std::memory_order_relaxed); };
    const IndexedRecording made = index_recording(path, options);
    if (made.stopped) return false;
    IndexReader::Opened opened = IndexReader::from_bytes_unchecked(made.bytes);
    if (!made.refusal.empty() || !opened.reader) {
      facts.state = FileFacts::State::kUnreadable;
      facts.reason = made.refusal.empty() ? opened.reason : made.refusal;
    } else {
      facts.state = FileFacts::State::kSurveyed;
      take_summary(facts, opened.reader->summary());
      blocks = facts_of(*opened.reader);
    }
  } catch (const std::bad_alloc&) {
    throw;  // for now; the file may be sound
  } catch (const std::exception& error) {
    facts.state = FileFacts::State::kUnreadable;
    facts.reason = error.what();
  }
  note_surveyed(path, facts, std::move(blocks));
  return true;
}

}  // namespace capstan::serve
