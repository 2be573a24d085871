// AbsentParts: which rings, stripes and files of recordings are not among the files of a search.
// What they hold is in no answer, and no file that is there says that it is missing.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/format/recording_place.h"
#include "engine/reader/set_reader.h"

namespace capstan {

// One thread. Keeps a few numbers and the path of each file.
class AbsentParts {
 public:
  // A file that is there; `known`: its place; none: it is of no recording. Times: of its first and
  // its last packet; both 0 without packets.
  void add(const std::optional<RecordingPlace>& known, const std::string& path,
           std::uint64_t first_ns, std::uint64_t last_ns);
  // A file that is there, and may be any part: nothing is called absent any more.
  void add_unknown() noexcept { unknown_ = true; }

  // What is not there of recordings with packets in `range`: sentences, at most kMostAbsent.
  std::vector<std::string> absent(TimeRange range) const;

  static constexpr std::size_t kMostAbsent = 20;

 private:
  struct File {
    std::string path;
    std::uint64_t first_ns = 0;
    std::uint64_t last_ns = 0;
  };
  using Files = std::map<std::uint32_t, File>;  // by number
  struct Rings {
    std::set<std::uint32_t> here;
    std::uint32_t all = 1;
  };
  struct Recording {
    std::string path;  // of one of its files
    std::uint64_t first_ns = 0;
    std::uint64_t last_ns = 0;
    std::map<std::string, Rings> rings;  // by interface
    std::uint32_t stripes = 1;
    std::set<std::uint32_t> stripes_here;
    // By interface, ring and stripe: each has files of its own, numbered from 1.
    std::map<std::pair<std::string, std::uint32_t>, std::map<std::uint32_t, Files>> outputs;
  };
  static void add_gaps(const Files& files, TimeRange range, std::vector<std::string>& sentences);

  std::map<std::array<std::uint8_t, 16>, Recording> recordings_;  // by id
  bool unknown_ = false;
};

}  // namespace capstan
