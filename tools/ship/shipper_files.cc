// The half of Shipper that decides which recording's rows are next, and makes their spool.
#include <fmt/format.h>

#include <utility>

#include "engine/core/clock.h"
#include "tools/common/units.h"
#include "tools/ship/crash_safe_file.h"
#include "tools/ship/shipper.h"

namespace capstan::fleet {

// Its rows are made anew from the recording, or given up, before any other file is taken.
void Shipper::lose_spool(const std::string& error) {
  talk_.warning(
      fmt::format("{}: {}: the rows of {} are made anew, and those "
                  "that are there already are not sent again",
                  state_.spool_path(), error, tools::visible_text(state_.current->name)));
  spool_.reset();
  open_ = false;
  settled_ = false;
}

void Shipper::look() {
  pending_.look();
  looked_ns_ = monotonic_clock_ns();
  counters_.files_gone = pending_.gone() + gone_in_the_middle_;
  counters_.files_waiting = pending_.waiting();
  if (pending_.trouble() == look_trouble_) return;
  look_trouble_ = pending_.trouble();
  if (!look_trouble_.empty()) talk_.warning(look_trouble_);
}

Shipper::Step Shipper::take_file() {
  if (looked_ns_ == 0 || monotonic_clock_ns() - looked_ns_ >= kLookNs) look();
  if (state_.current) return take_current();
  const std::optional<PendingFile> file = pending_.next(monotonic_clock_ns());
  counters_.files_waiting = pending_.waiting();
  if (file) return make_current(*file);
  save_what_is_done();
  return Step::kNothing;
}

// Its spool is lost: before any other, while the sink knows how far it came.
Shipper::Step Shipper::take_current() {
  std::optional<PendingFile> file = pending_.find(*state_.current);
  if (!file) {
    look();  // it may have another name since the last look
    file = pending_.find(*state_.current);
  }
  if (file) return make_current(*file);
  if (!look_trouble_.empty()) return try_current_again(look_trouble_);
  return give_current_up("it was deleted", Lost::kDeleted);
}

Shipper::Step Shipper::try_current_again(const std::string& reason) {
  if (++current_attempts_ >= options_.attempts_without_spool) {
    return give_current_up(reason, Lost::kUnreadable);
  }
  const std::string text = fmt::format("{}: {}", tools::visible_text(state_.current->name), reason);
  if (text != counters_.trouble) talk_.warning(text + "; trying again");
  counters_.trouble = text;
  return Step::kFailed;
}

Shipper::Step Shipper::give_current_up(std::string_view reason, Lost lost) {
  if (const Answer answer = sink_.given_up(); !answer.done()) return failed(answer);
  talk_.warning(fmt::format("{}: {}, and its spool is lost: the rest of its rows is not shipped",
                            tools::visible_text(state_.current->name), reason));
  // Rows of it are there: as a new file it would have them twice.
  state_.add_done(state_.current->sight, state_.current->file);
  state_.current.reset();
  state_.save();
  remove_file(state_.spool_path());
  current_attempts_ = 0;
  counters_.trouble.clear();
  if (lost == Lost::kDeleted) {
    counters_.files_gone = pending_.gone() + ++gone_in_the_middle_;
  } else {
    ++counters_.files_given_up;
  }
  return Step::kDid;
}

SpoolResult Shipper::make_rows(const PendingFile& file) {
  SpoolWish wish = options_.spool;
  wish.eve = sink_.wants_eve();
  wish.packing = sink_.packing();
  if (state_.current && state_.current->batch_rows != 0) {
    // Batches end where they ended, whatever this process was told.
    wish.batch_rows = state_.current->batch_rows;
    wish.audit = state_.current->audit;
  }
  const std::uint64_t began_ns = monotonic_clock_ns();
  SpoolResult made = make_spool(file.path, state_.spool_path(), wish, [this] { return tick(); });
  counters_.spool_ns += monotonic_clock_ns() - began_ns;
  return made;
}

Shipper::Step Shipper::make_current(const PendingFile& file) {
  const SpoolResult made = make_rows(file);
  if (made.state == SpoolResult::State::kStopped) return Step::kNothing;
  if (made.state != SpoolResult::State::kMade) return not_made(file, made);
  if (state_.current && state_.current->file != made.file) {
    return give_current_up("another recording has its name", Lost::kDeleted);
  }
  // A copy of a file, or the same one under another name.
  if (state_.is_done(made.file)) {
    state_.add_done(file.sight, made.file);
    unsaved_ = true;
    remove_file(state_.spool_path());
    return Step::kDid;
  }
  std::string error;
  spool_ = Spool::open(state_.spool_path(), error);
  if (!spool_) {
    return failed(Answer::later(fmt::format("{}: {}", state_.spool_path(), error)));
  }
  if (!state_.current) {  // else its spool was lost, and this was said before
    state_.current = CurrentFile{
        made.file, file.path, file.sight, 0, options_.spool.batch_rows, options_.spool.audit};
    counters_.many_rows += made.many_rows;
    if (!made.damage.empty()) {
      ++counters_.files_damaged;
      talk_.notice(
          fmt::format("{}: {}: shipped up to there", tools::visible_text(file.path), made.damage));
    }
  }
  state_.current->name = file.path;
  state_.current->sight = file.sight;
  state_.save();
  unsaved_ = false;
  settled_ = false;
  current_attempts_ = 0;
  return Step::kDid;
}

Shipper::Step Shipper::not_made(const PendingFile& file, const SpoolResult& made) {
  const std::string name = tools::visible_text(file.path);
  if (made.state == SpoolResult::State::kFailed) ++counters_.files_failed;
  const std::string reason = tools::visible_text(made.reason);
  if (state_.current) return try_current_again(reason);
  switch (made.state) {
    case SpoolResult::State::kGone:
      talk_.warning(fmt::format("{}: it was deleted before it was shipped", name));
      look();
      break;
    case SpoolResult::State::kRefused:
      talk_.notice(fmt::format("{}: not shipped: {}", name, reason));
      ++counters_.files_refused;
      state_.add_done(file.sight, 0);
      unsaved_ = true;
      break;
    default:
      if (pending_.put_off(file, made.reason, monotonic_clock_ns())) {
        talk_.warning(fmt::format("{}: {}; {}", name, reason,
                                  options_.once ? "left out" : "it is tried again later"));
      }
      break;
  }
  return Step::kDid;
}

// The state first: a spool without a current file is removed at the next start.
void Shipper::finish_file() {
  ++counters_.files;
  ++state_.files_shipped;
  sink_.finished(*spool_);
  state_.add_done(state_.current->sight, state_.current->file);
  state_.current.reset();
  state_.save();
  saved_ns_ = monotonic_clock_ns();
  spool_.reset();
  remove_file(state_.spool_path());
  settled_ = false;
  next_ = 0;
  if (counters_.files_waiting != 0) --counters_.files_waiting;
}

// Of many files without rows, in one: what is lost by a crash is found out again.
void Shipper::save_what_is_done() {
  if (std::exchange(unsaved_, false)) state_.save();
}

}  // namespace capstan::fleet
