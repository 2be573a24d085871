// What is thrown for a capture filter that cannot be used.
#pragma once

#include "engine/core/errors.h"

namespace capstan {

// A filter's text does not compile, or cannot run in the kernel. The text is in the message; where
// it stands (a line of a file, an option) is its reader's to say.
class FilterError : public UsageError {
 public:
  using UsageError::UsageError;
};

}  // namespace capstan
