// RecordingsTogether: what several files say about the recordings they are part of: stripes of one
// recording, files of a series, or unrelated files.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/reader/recording_summary.h"

namespace capstan {

struct TogetherReport {
  std::size_t files = 0;
  std::size_t recordings = 0;
  std::uint64_t packets = 0;
  std::uint64_t received = 0;  // including drops
  std::uint64_t dropped = 0;
  std::uint64_t interface_dropped = 0;
  std::uint64_t missing = 0;
  std::optional<std::uint64_t> first_ns;
  std::optional<std::uint64_t> last_ns;
  LossProof proof = LossProof::kProved;
  std::vector<std::string>
      reasons;               // why no more than `proof` is proved: sentences, at most kMaxReasons
  std::size_t problems = 0;  // number of files with a problem
  std::size_t unread = 0;    // number of files and directories that could not be read

  bool lossy() const noexcept {
    return dropped != 0 || interface_dropped != 0 || missing != 0 || problems != 0;
  }
};

inline constexpr std::size_t kMaxReasons = 20;

// One thread. Keeps only a few numbers of each file.
class RecordingsTogether {
 public:
  void add(const RecordingSummary& summary);
  // A file, or a directory of files, that could not be read: with it nothing is known of the whole.
  void add_unread(const std::string& name);
  TogetherReport report() const;

 private:
  struct Part {
    std::string name;
    std::uint32_t file_number = 1;
    std::uint64_t packets = 0;
    LossReport loss;  // without its lists
  };
  using Stripes = std::map<std::uint32_t, std::vector<Part>>;  // by stripe
  struct Group {
    bool marked = false;  // its files say to which recording they belong
    std::uint32_t stripes = 1;
    // By the only interface or ring a file is of (--split-rings), each of which has files of its
    // own; under "" all others.
    std::map<std::string, Stripes> outputs;
    // By interface: the rings whose files are here, of how many (--split-rings).
    struct Rings {
      std::set<std::uint32_t> here;
      std::uint32_t all = 1;
    };
    std::map<std::string, Rings> split;
    // By interface. The last file of each output says all of what an interface has dropped.
    std::map<std::string, std::uint64_t> interface_drops;
  };

  static void judge_stripe(const Group& group, const Stripes& all, std::uint32_t stripe,
                           TogetherReport& report);
  static void judge_old_stripes(const Group& group, const Stripes& all, std::uint64_t received,
                                std::uint64_t dropped, TogetherReport& report);
  static void add_output(const Group& group, const Stripes& all, TogetherReport& report);
  static void judge_rings(const Group& group, TogetherReport& report);
  static void add_group(const Group& group, TogetherReport& report);
  static void weaken(TogetherReport& report, LossProof proof, std::string reason);

  std::map<std::string, Group> groups_;  // by the recording's id, or another text for old files
  std::size_t files_ = 0;
  std::vector<std::string> unread_;
  std::optional<std::uint64_t> first_ns_;
  std::optional<std::uint64_t> last_ns_;
};

}  // namespace capstan
