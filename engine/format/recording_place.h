// Which part of a recording a file is.
#pragma once

#include <string>

#include "engine/format/recording_mark.h"
#include "engine/format/ring_text.h"

namespace capstan {

struct RecordingPlace {
  RecordingMark mark{};
  // Of a file with one interface, which it has from one of several rings (--split-rings): its name,
  // and which ring. Otherwise empty, and ring 1 of 1.
  std::string interface;
  RingOfInterface ring;
};

}  // namespace capstan
