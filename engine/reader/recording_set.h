// RecordingSet: finds the files that names refer to: files, directories, patterns, the recording
// that is being written now. SetReader (set_reader.h) makes one stream of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace capstan {

// Whether a name is a connection, "tcp:HOST:PORT". A recording is read from it as from a pipe.
inline constexpr std::string_view kTcpSource = "tcp:";
inline bool is_tcp_source(std::string_view name) noexcept { return name.starts_with(kTcpSource); }

// Whether the last part of `path` is a name that recordings get: "x.pcapng", "x.pcap.zst",
// "x.pcap12" (a file of a rotation). A finished recording is never empty.
bool has_recording_name(std::string_view path) noexcept;

struct SetFile {
  std::string path;
  bool named = false;       // by the user, rather than found in a directory
  bool unfinished = false;  // .NAME.part: a recorder is writing it, or left it behind
};

// Something that could not be read, and the reason.
struct SetTrouble {
  std::string path;
  std::string text;
};

struct RecordingSet {
  std::vector<SetFile> files;  // ordered by path; a file named twice is included once
  std::vector<SetTrouble> troubles;

  // `names`: files, "-" for standard input, directories (including subdirectories, except hidden
  // ones) and glob(7) patterns that the shell did not expand. From a directory come all regular
  // files that are not hidden, recordings or not (their content decides later), and the
  // ".NAME.part" of recordings that do not have their name yet; indexes (".cidx") are left out. A
  // name that does not exist but is being recorded stands for its ".part" file.
  // Throws UsageError for a name that refers to nothing, or a directory that cannot be read.
  static RecordingSet find(const std::vector<std::string>& names);
  // The same for directories only; one that does not exist or cannot be read is added to
  // `troubles`.
  static RecordingSet below(const std::vector<std::string>& directories);
};

}  // namespace capstan
