// UnreadableFile: a file is there and cannot be read: it may not be opened, it is empty under the
// name of a recording, or it ends inside a recording's head. It may be a recording, and readable
// later; any other UsageError of a reader says that it never will be one. Where it was found in a
// directory it is therefore named, while other files that are no recordings are passed over.
#pragma once

#include <string>
#include <string_view>

#include "engine/core/errors.h"

namespace capstan {

class UnreadableFile : public UsageError {
 public:
  using UsageError::UsageError;
};

// What a reader's error says of the file at `path`, for output that names the file itself.
inline std::string without_name(const std::string& path, std::string_view text) {
  const std::string prefix = path + ": ";
  return std::string(text.substr(text.starts_with(prefix) ? prefix.size() : 0));
}

}  // namespace capstan
