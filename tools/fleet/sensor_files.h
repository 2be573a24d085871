// SensorFiles: the files that a sensor has now, compared with those that the database has rows of.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/reader/set_reader.h"
#include "tools/common/http/http_client.h"
#include "tools/fleet/fleet_tables.h"

namespace capstan::fleet::asking {

// One thread.
class SensorFiles {
 public:
  static constexpr std::size_t kPage = 5000;

  // `known`: those of this time; borrowed.
  SensorFiles(const std::vector<TableFile>& known, const TimeRange& range);

  enum class Page : std::uint8_t {
    kTaken,
    kMoved,  // of another list than the page before: what came or went in between may hide a file
    kNone,   // no such page
  };
  // Takes a page of `GET /api/v1/recordings?files=1`, from next_offset() on.
  [[nodiscard]] Page add_page(const std::string& json);
  // The last file of the page before is asked for again, as the place where both meet.
  std::size_t next_offset() const noexcept { return seen_ == 0 ? 0 : seen_ - 1; }
  bool has_more() const noexcept { return seen_ < in_all_; }

  // -- after the last page --
  // Some file of this time may hold packets of the filter, or has no rows in the database.
  bool must_be_asked() const noexcept { return must_be_asked_; }
  // Packets that files of this time lost; nullopt: not all say it. Requires: !must_be_asked().
  std::optional<std::uint64_t> lost() const noexcept { return lost_; }

  struct Deleted {
    std::uint64_t files = 0;
    std::uint64_t matching = 0;  // conversations that may hold packets of the filter
  };
  Deleted deleted() const;

 private:
  struct Entry {
    const TableFile* file = nullptr;
    bool seen = false;
  };
  void add(const std::string& name, std::uint64_t size_bytes, bool in_time,
           std::optional<std::uint64_t> lost);

  std::multimap<std::string, Entry> known_;  // by name
  TimeRange range_;
  std::size_t seen_ = 0;
  std::uint64_t in_all_ = 1;  // before the first page: there is one
  std::string last_;          // path of the last file seen
  bool must_be_asked_ = false;
  std::optional<std::uint64_t> lost_ = 0;
};

// "2026-11-27T14:05:30.123456789Z"; 0: it is no time.
std::uint64_t rfc3339_ns(const std::string& text);
// Seconds since 1970 of the field Date (RFC 9110 section 5.6.7); nullopt: there is none.
std::optional<std::uint64_t> http_date(const tools::HttpResponse& head);
// Seconds by which a clock that showed `date_s` between `asked_ns` and `answered_ns` of ours is off
// at least: negative behind ours, 0 when it may be right.
std::int64_t clock_difference_s(std::uint64_t date_s, std::uint64_t asked_ns,
                                std::uint64_t answered_ns) noexcept;

}  // namespace capstan::fleet::asking
