// Small things about files: one without a name, the durability of a name.
#pragma once

#include <string>

#include "engine/core/unique_fd.h"

namespace capstan {

// Makes what was created, renamed or removed in the directory durable (fsync(2) of a directory).
// Returns 0 or an errno value.
[[nodiscard]] int sync_directory(const std::string& directory) noexcept;

// Opens a file of mode 0600 for reading and writing that has no name and goes with its descriptor
// (O_TMPFILE; on file systems without it, a name that is removed at once). Invalid: errno.
UniqueFd open_nameless_file(const std::string& directory);

}  // namespace capstan
