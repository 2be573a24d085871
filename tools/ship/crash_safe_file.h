// Files that are whole or not there, whatever happens: written under a hidden name, made durable,
// renamed, and the name made durable.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/core/unique_fd.h"

namespace capstan::fleet {

// Replaces the file at `path` by one with these bytes, readable by the owner and the group. Blocks
// on the disk. Throws std::system_error; the file is then as it was before, or has the new bytes.
void replace_file(const std::string& path, std::string_view bytes);

// The same in two steps: a file to write to, which finish_file() gives its name.
UniqueFd begin_file(const std::string& path);
void finish_file(int fd, const std::string& path);

// Removes the file, and what an interrupted write left of it. Not there is as good.
void remove_file(const std::string& path) noexcept;

}  // namespace capstan::fleet
