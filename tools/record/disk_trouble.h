// DiskTrouble: what one output's disk refuses, said once when it begins and once when it ends.
#pragma once

#include <cstdint>

#include "writers/recording/writer_thread.h"

namespace capstan::tools {

// One thread.
class DiskTrouble {
 public:
  // Several times a second.
  void look(const WriterThread& writer);

 private:
  void look_at_writes(const WriterThread& writer);
  void look_at_series(const WriterThread& writer);

  // errno values said last; 0: none
  int refused_ = 0;
  int delete_error_ = 0;  // of retention
  int turn_error_ = 0;    // of a turn that cannot be
  std::uint64_t since_ns_ = 0;
  std::uint64_t syncs_refused_ = 0;
};

}  // namespace capstan::tools
