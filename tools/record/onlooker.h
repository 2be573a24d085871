// Onlooker: somebody who looks at the blocks beside a recording, as far as he keeps up.
#pragma once

#include <cstdint>
#include <string>

#include "engine/capture/capture.h"
#include "tools/record/record_stats.h"

namespace capstan::tools {

// Owned and called by Recorder, in its thread and in this order. What he does with blocks he does
// in threads of his own, and holds none for longer than it takes to look at it.
class Onlooker {
 public:
  virtual ~Onlooker() = default;

  // The rings are open, privileges are about to be given up: he adds best-effort queues, and opens
  // what needs the network or files outside the target directory.
  virtual void attach(Capture& capture) = 0;
  // The capture starts next; it has started.
  virtual void start() = 0;
  virtual void started() = 0;
  // He has seen enough: the recording may end.
  virtual bool wants_end() const = 0;
  // The capture has ended, no block comes any more.
  virtual void end() = 0;
  // He is done with what he had. Until then progress() grows, or he is stuck.
  virtual bool finished() = 0;
  virtual std::uint64_t progress() const = 0;
  // Said at the end in place of the recorder's own report, which follows where packets were lost.
  virtual std::string report(const RecordStats& stats) const = 0;
};

}  // namespace capstan::tools
