// PlansAhead: plans from indexes what to read of many files. Several threads work ahead of the
// thread that reads, because each of thousands of indexes in a cold cache costs some waiting for
// the disk.
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

// Made, used and destroyed by one thread. Its own threads keep at most kAhead plans.
class PlansAhead {
 public:
  // Arguments as for IndexPlanner. `files` must outlive this object. `program` is called by one
  // thread at a time; nothing else may call it while this object exists.
  PlansAhead(const std::vector<SetFile>& files, ProgramSource program, TimeRange range, bool inner);
  ~PlansAhead();
  PlansAhead(const PlansAhead&) = delete;
  PlansAhead& operator=(const PlansAhead&) = delete;

  // Returns the plan of a file. For files of `files`, asked for in their order (some may be left
  // out), plans are made in advance; for any other file the plan is made now. Throws what
  // IndexPlanner::plan() throws.
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
  void go_on_from(std::size_t number);  // requires: mutex_ is held
  std::size_t number_of(const SetFile& file) const noexcept;

  const std::vector<SetFile>& files_;
  ProgramSource program_;
  TimeRange range_;
  bool inner_;
  std::mutex program_mutex_;
  IndexPlanner own_;  // for the calling thread, when there are no other threads

  std::mutex mutex_;
  std::condition_variable room_;           // for the threads: files may be planned, or leaving_
  std::condition_variable made_one_;       // for take(): the plan it waits for is there
  std::size_t awaited_ = ~std::size_t{0};  // its number
  std::size_t next_ = 0;                   // the next file to plan
  std::size_t taken_ = 0;                  // files before this one are done
  std::map<std::size_t, Made> made_;
  bool leaving_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace capstan
