// KeptStderr: collects what is printed on standard error.
//
// At the end of a capture, Wireshark shows a dialog with everything the capture program has printed
// there. So nothing is printed during a capture: the messages go to the toolbar's log, and to the
// real standard error only if the capture failed.
#pragma once

#include <string>

#include "engine/core/unique_fd.h"

namespace capstan::tools {

// During the lifetime of this object, descriptor 2 writes to memory. One object at a time, in the
// main thread.
class KeptStderr {
 public:
  // Throws std::system_error.
  KeptStderr();
  ~KeptStderr();
  KeptStderr(const KeptStderr&) = delete;
  KeptStderr& operator=(const KeptStderr&) = delete;

  // Returns what was printed since the last call. Any thread, but only one.
  std::string take_new();
  // Prints everything collected to the real standard error.
  void let_go();

 private:
  std::string read_from(off_t offset) const;

  UniqueFd real_;
  UniqueFd kept_;
  off_t taken_ = 0;
};

}  // namespace capstan::tools
