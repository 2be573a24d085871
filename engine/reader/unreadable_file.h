// UnreadableFile: a file is there and cannot be read. It may be a recording, and readable later;
// any other UsageError of a reader says that it never will be one.
#pragma once

#include "engine/core/errors.h"

namespace capstan {

class UnreadableFile : public UsageError {
 public:
  using UsageError::UsageError;
};

}  // namespace capstan
