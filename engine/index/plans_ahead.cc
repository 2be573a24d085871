#include "engine/index/plans_ahead.h"

#include <system_error>
#include <utility>

#include "engine/core/thread.h"

namespace capstan {

PlansAhead::PlansAhead(const std::vector<SetFile>& files, ProgramSource program, TimeRange range,
                       bool inner)
    : files_(files), program_(std::move(program)), range_(range), inner_(inner), own_(planner()) {
  if (files_.size() < kFewFiles) return;
  try {
    while (threads_.size() < kThreads) {
      threads_.push_back(start_thread("opens indexes", [this] { run(); }));
    }
  } catch (const std::system_error&) {  // as many as there are; without one, one after another
  }
}

PlansAhead::~PlansAhead() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    leaving_ = true;
  }
  room_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

IndexPlanner PlansAhead::planner() {
  if (!program_) return IndexPlanner({}, range_, inner_);
  return IndexPlanner(
      [this](std::uint16_t link_type) {
        const std::lock_guard<std::mutex> lock(program_mutex_);
        return program_(link_type);
      },
      range_, inner_);
}

PlansAhead::Made PlansAhead::make(IndexPlanner& planner, const SetFile& file) noexcept {
  Made made;
  try {
    made.planned.plan = planner.plan(file);
    made.planned.facts = planner.facts();
  } catch (...) {
    made.error = std::current_exception();
  }
  return made;
}

void PlansAhead::run() noexcept {
  std::optional<IndexPlanner> mine;
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    room_.wait(lock,
               [this] { return leaving_ || next_ == files_.size() || next_ < taken_ + kAhead; });
    if (leaving_ || next_ == files_.size()) return;
    const std::size_t number = next_++;
    lock.unlock();
    if (!mine) mine.emplace(planner());
    Made made = make(*mine, files_[number]);
    lock.lock();
    made_.emplace(number, std::move(made));
    if (number == awaited_) made_one_.notify_one();
  }
}

PlannedFile PlansAhead::take(const SetFile& file) {
  Made made;
  const std::size_t number = threads_.empty() ? files_.size() : number_of(file);
  if (number == files_.size()) {
    made = make(own_, file);
  } else {
    std::unique_lock<std::mutex> lock(mutex_);
    go_on_from(number);
    awaited_ = number;
    made_one_.wait(lock, [this, number] { return made_.count(number) != 0; });
    awaited_ = ~std::size_t{0};
    made = std::move(made_.at(number));
    made_.erase(made_.begin(), made_.upper_bound(number));
    go_on_from(number + 1);
  }
  if (made.error) std::rethrow_exception(made.error);
  return std::move(made.planned);
}

// The threads are woken in groups: they wait together, and one file is little room for 48.
void PlansAhead::go_on_from(std::size_t number) {
  taken_ = number;
  if (next_ < taken_ + kAhead / 2) room_.notify_all();
}

// Where it stands among those that are still to be taken; files_.size(): nowhere.
std::size_t PlansAhead::number_of(const SetFile& file) const noexcept {
  std::size_t number = taken_;
  while (number < files_.size() && files_[number].path != file.path) ++number;
  return number;
}

}  // namespace capstan
