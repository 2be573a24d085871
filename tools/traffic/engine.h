// What the two engines have in common: the job they receive and the counts they return.
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

// Why the xdp engine cannot do this job here although the job itself is valid; nothing has been
// sent yet. The ring engine is used instead, or the text is shown to the user.
class EngineUnavailable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// For the number of frames in `result`, computes from `seen` how many were refused and how many
// vanished, and stores both in `result`.
void account_for(const Job& job, const SentCounter& counter, const SentCounts& seen,
                 BlastResult& result);

// Each function sends the whole job, sets engine, frames, refused, vanished, too_long, bytes,
// duration and interrupted of `result`, and adds notes to it.
void run_xdp_engine(const Job& job, const FramePlan& plan, BlastResult& result);
void run_ring_engine(const Job& job, FrameFeed& feed, BlastResult& result);

}  // namespace capstan::traffic
