// PlansAhead: what to read of many files, by their indexes, found out by several threads in front
// of the one that reads: of ten thousand indexes in a cold cache each costs some waiting for the
// disk.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/index/index_planner.h"

namespace capstan {

struct PlannedFile {
  FilePlan plan;
  PlanFacts facts;
};

// Made, asked and destroyed by one thread. Its own threads hold at most kAhead plans.
class PlansAhead {
 public:
  // As IndexPlanner's. `files` outlives this. `program` is called by one thread at a time, until
  // this goes, and by nobody else meanwhile.
  PlansAhead(const std::vector<SetFile>& files, ProgramSource program, TimeRange range, bool inner);
  ~PlansAhead();
  PlansAhead(const PlansAhead&) = delete;
  PlansAhead& operator=(const PlansAhead&) = delete;

  // The plan of a file. Those of `files` are there when they are asked for in their order, some may
  // be left out; any other is made now. Throws what IndexPlanner::plan() throws.
  PlannedFile take(const SetFile& file);

  static constexpr std::size_t kAhead = 256;
  static constexpr std::size_t kThreads = 48;  // they wait for the disk most of the time
  // Fewer are asked for one after another.
  static constexpr std::size_t kFewFiles = 8;

 private:
  struct Made {
    PlannedFile planned;
    std::exception_ptr error;
  };

  IndexPlanner planner();
  static Made make(IndexPlanner& planner, const SetFile& file) noexcept;
  void run() noexcept;
  std::size_t number_of(const SetFile& file) const noexcept;

  const std::vector<SetFile>& files_;
  ProgramSource program_;
  TimeRange range_;
  bool inner_;
  std::mutex program_mutex_;
  IndexPlanner own_;  // of the thread that asks, when there are no others

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t next_ = 0;   // to be planned
  std::size_t taken_ = 0;  // files in front of it are done with
  std::map<std::size_t, Made> made_;
  bool leaving_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace capstan
