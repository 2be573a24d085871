// DiskTrouble: reports that the disk of an output refuses operations, once when it begins and once
// when it ends.
#pragma once

#include <cstdint>

#include "writers/recording/writer_thread.h"

namespace capstan::tools {

// One thread.
class DiskTrouble {
 public:
  // To be called several times a second; logs what has changed.
  void look(const WriterThread& writer);

 private:
  void look_at_writes(const WriterThread& writer);
  void look_at_series(const WriterThread& writer);

  // The errno values that were reported last; 0: none.
  int refused_ = 0;
  int delete_error_ = 0;  // of a deletion by retention
  int turn_error_ = 0;    // of the next file, which cannot be made
  std::uint64_t since_ns_ = 0;
  std::uint64_t syncs_refused_ = 0;
};

}  // namespace capstan::tools
