// Which part of a recording a file is.
#pragma once

#include <string>

#include "engine/format/recording_mark.h"
#include "engine/format/ring_text.h"

namespace capstan {

struct RecordingPlace {
  RecordingMark mark{};
  std::string interface;  // name of the only one in the file; empty: it has several
  // With --split-rings: which of that interface's rings.
  RingOfInterface ring;

  bool operator==(const RecordingPlace&) const = default;
};

}  // namespace capstan
