// The file an index lies in: written whole under a hidden name, then renamed to stand beside its
// recording. A recording and its index come and go together.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace capstan {

// Writes `bytes` as the index of the recording at `recording_path`, with that file's permissions.
// `sync`: it and its name are on the disk when this returns. Blocks for the disk. 0, or an errno
// value, after which nothing new is left; ENOENT when the recording is not there (any more).
[[nodiscard]] int write_index_file(const std::string& recording_path,
                                   std::span<const std::uint8_t> bytes, bool sync) noexcept;

// Removes the index of a recording that goes or has changed, and what an interrupted
// write_index_file() left. 0 also when there is none.
int remove_index_file(const std::string& recording_path) noexcept;

// Where an index is written before it gets its name: "dir/.NAME.cidx.new".
std::string hidden_index_path(const std::string& recording_path);

}  // namespace capstan
