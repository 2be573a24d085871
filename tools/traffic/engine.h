// What the two engines have in common: the job they are given, the counts they give back.
#pragma once

#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "tools/traffic/blast.h"
#include "tools/traffic/frame_feed.h"
#include "tools/traffic/frame_plan.h"
#include "tools/traffic/link.h"
#include "tools/traffic/sent_counter.h"

namespace capstan::traffic {

struct Job {
  const BlastOptions& options;
  const LinkInfo& link;
  const std::atomic<bool>& stop;
};

// Why the xdp engine cannot do this job here although the job as such is fine; nothing has been
// sent yet. The ring engine takes over, or the text goes to the user.
class EngineUnavailable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Writes into `result`, whose `frames` is set, what became of them by `seen`: refused, and
// vanished.
void account_for(const Job& job, const SentCounter& counter, const SentCounts& seen,
                 BlastResult& result);

// Each sends the whole job and fills in engine, frames, refused, vanished, too_long, bytes,
// duration and interrupted of `result`, and adds to its notes.
void run_xdp_engine(const Job& job, const FramePlan& plan, BlastResult& result);
void run_ring_engine(const Job& job, FrameFeed& feed, BlastResult& result);

}  // namespace capstan::traffic
