// The file that holds an index: written completely under a hidden name, then renamed to lie beside
// its recording. A recording and its index are created and deleted together.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace capstan {

// Writes `bytes` as the index of the recording at `recording_path`, with that file's permissions.
// `sync`: the index and its name are durable when this returns. Blocks on the disk. Returns 0, or
// an errno value, after which no new file is left; ENOENT when the recording does not exist (any
// more).
[[nodiscard]] int write_index_file(const std::string& recording_path,
                                   std::span<const std::uint8_t> bytes, bool sync) noexcept;

// Deletes the index of a recording that is deleted or has changed, and what an interrupted
// write_index_file() left. Returns 0, also when there is no index, or an errno value.
int remove_index_file(const std::string& recording_path) noexcept;

// Path of an index before it gets its name: "dir/.NAME.cidx.new".
std::string hidden_index_path(const std::string& recording_path);

}  // namespace capstan
