// KeptStderr: standard error, kept back.
//
// Wireshark shows a box with what a capture program has printed there at its end, whatever it was.
// So nothing is printed while a capture runs; its words go to the toolbar's log, and to the real
// standard error only where the capture failed.
#pragma once

#include <string>

#include "engine/core/unique_fd.h"

namespace capstan::tools {

// From its making to its end descriptor 2 leads into memory. One at a time, in the main thread.
class KeptStderr {
 public:
  // Throws std::system_error.
  KeptStderr();
  ~KeptStderr();
  KeptStderr(const KeptStderr&) = delete;
  KeptStderr& operator=(const KeptStderr&) = delete;

  // What was printed since the last call. Any one thread.
  std::string take_new();
  // Prints all that was kept, now.
  void let_go();

 private:
  std::string read_from(off_t offset) const;

  UniqueFd real_;
  UniqueFd kept_;
  off_t taken_ = 0;
};

}  // namespace capstan::tools
