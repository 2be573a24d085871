// RecordingSet: the files that some names stand for: files, directories, patterns, the recording
// that is being written now. SetReader (set_reader.h) makes one stream of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace capstan {

// Whether a name stands for a connection, "tcp:HOST:PORT", from which a recording comes like from a
// pipe.
inline constexpr std::string_view kTcpSource = "tcp:";
inline bool is_tcp_source(std::string_view name) noexcept { return name.starts_with(kTcpSource); }

struct SetFile {
  std::string path;
  bool named = false;       // by the user, not found in a directory
  bool unfinished = false;  // .NAME.part: a recorder writes it, or left it behind
};

// Something that could not be read, and why.
struct SetTrouble {
  std::string path;
  std::string text;
};

struct RecordingSet {
  std::vector<SetFile> files;  // in the order of their paths; what was named twice is in it once
  std::vector<SetTrouble> troubles;

  // `names`: files, "-" for standard input, directories (with those beneath, hidden ones apart) and
  // patterns of glob(7) that the shell has not expanded. Of a directory come all regular files that
  // are not hidden, recordings or not (the content tells, later), and ".NAME.part" of recordings
  // that have no name yet; indexes (".cidx") do not. A name that is not there but is being recorded
  // stands for its ".part".
  // Throws UsageError for a name that stands for nothing, or a directory that cannot be read.
  static RecordingSet find(const std::vector<std::string>& names);
  // The same of directories alone; one that is not there or cannot be read is a trouble.
  static RecordingSet below(const std::vector<std::string>& directories);
};

}  // namespace capstan
