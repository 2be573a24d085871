#include "engine/reader/absent_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace capstan {

namespace {

// The numbers from 1 to `all` that are not in `here`; no more than that many: a hostile file may
// say that there are four thousand million.
std::vector<std::uint32_t> missing_of(const std::set<std::uint32_t>& here, std::uint32_t all) {
  std::vector<std::uint32_t> missing;
  for (std::uint32_t number = 1; number <= all && missing.size() < AbsentParts::kMostAbsent;
       ++number) {
    if (!here.contains(number)) missing.push_back(number);
  }
  return missing;
}

}  // namespace

void AbsentParts::add(const std::optional<RecordingPlace>& known, const std::string& path,
                      std::uint64_t first_ns, std::uint64_t last_ns) {
  if (!known) return;
  const RecordingPlace& place = *known;
  Recording& recording = recordings_[place.mark.id];
  if (recording.path.empty()) recording.path = path;
  if (last_ns != 0) {
    const bool is_first = recording.last_ns == 0 || first_ns < recording.first_ns;
    if (is_first) recording.first_ns = first_ns;
    recording.last_ns = std::max(recording.last_ns, last_ns);
  }
  if (place.ring.rings > 1) {
    Rings& rings = recording.rings[place.interface];
    rings.here.insert(place.ring.ring);
    rings.all = std::max(rings.all, place.ring.rings);
  }
  recording.stripes = std::max(recording.stripes, place.mark.stripes);
  recording.stripes_here.insert(place.mark.stripe);
  Files& files = recording.outputs[{place.interface, place.ring.ring}][place.mark.stripe];
  files.insert_or_assign(place.mark.file_number, File{path, first_ns, last_ns});
}

// Between two files that are here. Retention deletes the oldest ones, and leaves no gap.
void AbsentParts::add_gaps(const Files& files, TimeRange range,
                           std::vector<std::string>& sentences) {
  std::optional<std::uint32_t> number;
  std::string path;
  std::uint64_t last_ns = 0;
  for (const auto& [next, file] : files) {
    // Without packets a file has no times: the gap is as long as it can be.
    const std::uint64_t until_ns = file.last_ns == 0 ? TimeRange::kNoEnd : file.first_ns;
    if (number && next != *number + 1 && range.overlaps(last_ns, until_ns)) {
      const std::uint32_t count = next - *number - 1;
      sentences.push_back(fmt::format("{} of the recording {} missing between {} and {}",
                                      count == 1 ? "1 file" : fmt::format("{} files", count),
                                      count == 1 ? "is" : "are", path, file.path));
      if (sentences.size() == kMostAbsent) return;
    }
    number = next;
    path = file.path;
    if (file.last_ns != 0) last_ns = file.last_ns;
  }
}

std::vector<std::string> AbsentParts::absent(TimeRange range) const {
  std::vector<std::string> sentences;
  if (unknown_) return sentences;
  for (const auto& [id, recording] : recordings_) {
    const bool asked =
        recording.last_ns != 0 && range.overlaps(recording.first_ns, recording.last_ns);
    if (!asked) continue;
    for (const auto& [interface, rings] : recording.rings) {
      for (const std::uint32_t ring : missing_of(rings.here, rings.all)) {
        sentences.push_back(fmt::format(
            "{} of {} is not among the files: {} is of another", ring_text({ring, rings.all}),
            interface.empty() ? "an interface" : interface, recording.path));
      }
    }
    for (const std::uint32_t stripe : missing_of(recording.stripes_here, recording.stripes)) {
      sentences.push_back(fmt::format("stripe {} of {} is not among the files: {} is of another",
                                      stripe, recording.stripes, recording.path));
    }
    for (const auto& [output, stripes] : recording.outputs) {
      for (const auto& [stripe, files] : stripes) {
        if (sentences.size() < kMostAbsent) add_gaps(files, range, sentences);
      }
    }
    if (sentences.size() >= kMostAbsent) {
      sentences.resize(kMostAbsent);
      break;
    }
  }
  return sentences;
}

}  // namespace capstan
