#include "tools/fleet/sensor_files.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/core/clock.h"
#include "engine/core/errors.h"
#include "tools/common/http/http_date.h"
#include "tools/common/json_text.h"
#include "tools/common/time_text.h"

namespace capstan::fleet::asking {

namespace {

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// A name as a sensor's answer has it: bytes that are not UTF-8 are replaced.
std::string as_in_json(const std::string& name) {
  return tools::parse_json(tools::json_string(name)).get<std::string>();
}

std::string text_of(const nlohmann::json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<std::uint64_t> number_of(const nlohmann::json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_number_unsigned()) return std::nullopt;
  return found->get<std::uint64_t>();
}

}  // namespace

std::uint64_t rfc3339_ns(const std::string& text) {
  if (text.empty()) return 0;
  try {
    return tools::parse_time("time", text, 0);
  } catch (const UsageError&) {
    return 0;
  }
}

std::optional<std::uint64_t> http_date(const tools::HttpResponse& head) {
  const std::string* const text = head.header("Date");
  const std::int64_t seconds = text == nullptr ? 0 : tools::http_date(*text);
  return seconds > 0 ? std::optional(static_cast<std::uint64_t>(seconds)) : std::nullopt;
}

std::int64_t clock_difference_s(std::uint64_t date_s, std::uint64_t asked_ns,
                                std::uint64_t answered_ns) noexcept {
  const auto date = static_cast<std::int64_t>(date_s);
  const auto asked = static_cast<std::int64_t>(asked_ns / kNanosecondsPerSecond);
  const auto answered = static_cast<std::int64_t>(answered_ns / kNanosecondsPerSecond);
  if (date < asked) return date - asked;
  return date > answered ? date - answered : 0;
}

SensorFiles::SensorFiles(const std::vector<TableFile>& known, const TimeRange& range)
    : range_(range) {
  for (const TableFile& file : known) known_.emplace(as_in_json(file.name), Entry{&file, false});
}

SensorFiles::Page SensorFiles::add_page(const std::string& text) {
  const nlohmann::json page = tools::try_parse_json(text);
  const auto files = page.is_object() ? page.find("files") : page.end();
  const std::optional<std::uint64_t> in_all =
      page.is_object() ? number_of(page, "files_in_all") : std::nullopt;
  if (!in_all || files == page.end() || !files->is_array()) return Page::kNone;
  const std::size_t known = seen_ - next_offset();
  if (known != 0 && (*in_all != in_all_ || files->empty() || !files->front().is_object() ||
                     text_of(files->front(), "file") != last_)) {
    return Page::kMoved;
  }
  for (std::size_t i = known; i < files->size(); ++i) {
    const nlohmann::json& file = (*files)[i];
    if (!file.is_object()) return Page::kNone;
    const std::uint64_t first_ns = rfc3339_ns(text_of(file, "first"));
    const std::uint64_t last_ns = rfc3339_ns(text_of(file, "last"));
    const std::optional<std::uint64_t> packets = number_of(file, "packets");
    // Of what no time is known, it may be this one.
    const bool has_times = packets && (*packets == 0 || (first_ns != 0 && last_ns != 0));
    const bool in_time = !has_times || (*packets != 0 && range_.overlaps(first_ns, last_ns));
    last_ = text_of(file, "file");
    add(base_name(last_), number_of(file, "stored_bytes").value_or(0), in_time,
        number_of(file, "packets_lost"));
  }
  // Directories that it could not read.
  const auto troubles = page.find("troubles");
  if (troubles != page.end() && !troubles->empty()) must_be_asked_ = true;
  in_all_ = *in_all;
  seen_ += files->size() - known;
  // Without a further file it would go on for ever.
  return files->size() > known || !has_more() ? Page::kTaken : Page::kNone;
}

void SensorFiles::add(const std::string& name, std::uint64_t size_bytes, bool in_time,
                      std::optional<std::uint64_t> lost) {
  const TableFile* rows = nullptr;
  const auto [begin, end] = known_.equal_range(name);
  for (auto entry = begin; entry != end; ++entry) {
    if (entry->second.file->size_bytes != size_bytes || entry->second.seen) continue;
    entry->second.seen = true;
    rows = entry->second.file;
    break;
  }
  for (const char* const packed : {".gz", ".zst"}) {  // its packets are there, its rows another's
    if (rows != nullptr || !name.ends_with(packed)) continue;
    const auto original = known_.find(name.substr(0, name.size() - std::string(packed).size()));
    if (original != known_.end()) original->second.seen = true;
  }
  if (!in_time) return;
  if (rows == nullptr || rows->may_match()) must_be_asked_ = true;
  if (!lost || (rows != nullptr && !rows->losses_known)) {
    lost_.reset();
  } else if (lost_) {
    *lost_ += *lost;
  }
}

SensorFiles::Deleted SensorFiles::deleted() const {
  Deleted gone;
  for (const auto& [name, entry] : known_) {
    if (entry.seen) continue;
    ++gone.files;
    gone.matching += entry.file->matching;
    if (entry.file->has_unlisted && entry.file->matching == 0) ++gone.matching;
  }
  return gone;
}

}  // namespace capstan::fleet::asking
