#include "tools/ship/shipper.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/core/clock.h"
#include "tools/common/units.h"
#include "tools/ship/crash_safe_file.h"

namespace capstan::fleet {

namespace {

constexpr std::uint64_t kLookNs = 2 * kNanosecondsPerSecond;
constexpr std::uint64_t kTickNs = 50 * kNanosecondsPerMillisecond;
// A watermark inside a file saves questions after a crash, no rows.
constexpr std::uint64_t kSaveNs = 2 * kNanosecondsPerSecond;

}  // namespace

Shipper::Shipper(const ShipperOptions& options, Sink& sink, ShipState& state,
                 const std::atomic<bool>& stop, Talk talk)
    : options_(options),
      sink_(sink),
      state_(state),
      stop_(stop),
      talk_(std::move(talk)),
      pending_(options.directory, state, options.once),
      back_off_(monotonic_clock_ns()) {}

bool Shipper::tick() {
  talk_.tick(counters_);
  return !stop_.load(std::memory_order_relaxed);
}

void Shipper::wait(std::uint64_t ns) {
  const std::uint64_t end_ns = monotonic_clock_ns() + ns;
  for (std::uint64_t now_ns = end_ns - ns; now_ns < end_ns && tick();
       now_ns = monotonic_clock_ns()) {
    sleep_ns(std::min(kTickNs, end_ns - now_ns));
  }
}

// What the process before this one left.
void Shipper::recover() {
  if (!state_.current) {
    remove_file(state_.spool_path());
    return;
  }
  std::string error;
  spool_ = Spool::open(state_.spool_path(), error);
  if (spool_ && spool_->file() == state_.current->file) return;
  if (error.empty()) error = spool_ ? "it is of another recording" : "it is missing";
  spool_.reset();
  talk_.warning(fmt::format(
      "{}: {}: the rows of {} are made anew, and those that are there already are not sent again",
      state_.spool_path(), error, tools::visible_text(state_.current->name)));
}

bool Shipper::run() {
  recover();
  while (tick()) {
    switch (step()) {
      case Step::kDid:
        break;
      case Step::kNothing:
        if (options_.once && !stop_.load(std::memory_order_relaxed)) {
          sink_.close();
          return true;
        }
        wait(kLookNs);
        break;
      case Step::kFailed:
        wait(back_off_.next_ns());
        break;
      case Step::kEnd:
        return false;
    }
  }
  if (open_) sink_.close();
  return true;
}

Shipper::Step Shipper::step() {
  if (!open_) return open_sink();
  if (!spool_) return take_file();
  return send_batch();
}

Shipper::Step Shipper::failed(const Answer& answer) {
  if (stop_.load(std::memory_order_relaxed)) return Step::kNothing;
  open_ = false;
  settled_ = false;
  ++counters_.failures;
  const bool hopeless =
      answer.kind == Answer::Kind::kTaken || (answer.kind == Answer::Kind::kRefused && !ever_open_);
  if (hopeless) {
    talk_.warning(answer.text);
    return Step::kEnd;
  }
  if (answer.text != counters_.trouble) talk_.warning(answer.text + "; trying again");
  counters_.trouble = answer.text;
  return Step::kFailed;
}

Shipper::Step Shipper::open_sink() {
  const Answer answer = sink_.open();
  for (const std::string& notice : sink_.take_notices()) talk_.warning(notice);
  if (!answer.done()) return failed(answer);
  open_ = true;
  ever_open_ = true;
  settled_ = false;
  return Step::kDid;
}

Shipper::Step Shipper::take_file() {
  const std::uint64_t now_ns = monotonic_clock_ns();
  if (looked_ns_ == 0 || now_ns - looked_ns_ >= kLookNs) {
    pending_.look();
    looked_ns_ = now_ns;
    counters_.files_gone = pending_.gone();
    if (!pending_.trouble().empty()) talk_.warning(pending_.trouble());
  }
  counters_.files_waiting = pending_.waiting();
  std::optional<PendingFile> file;
  if (state_.current) {
    // Its spool is lost: before any other, while the sink knows how far it came.
    file = pending_.find(state_.current->sight);
    if (!file) {
      talk_.warning(
          fmt::format("{}: it was deleted, and its spool is lost: the rest of its rows is "
                      "not shipped",
                      tools::visible_text(state_.current->name)));
      ++counters_.files_gone;
      state_.current.reset();
      state_.save();
      return Step::kDid;
    }
  } else {
    file = pending_.next();
  }
  if (!file) return Step::kNothing;
  return make_current(*file);
}

Shipper::Step Shipper::make_current(const PendingFile& file) {
  SpoolWish wish = options_.spool;
  wish.eve = sink_.wants_eve();
  wish.packing = sink_.packing();
  const std::uint64_t began_ns = monotonic_clock_ns();
  const SpoolResult made =
      make_spool(file.path, state_.spool_path(), wish, [this] { return tick(); });
  counters_.spool_ns += monotonic_clock_ns() - began_ns;
  const std::string name = tools::visible_text(file.path);
  switch (made.state) {
    case SpoolResult::State::kStopped:
      return Step::kNothing;
    case SpoolResult::State::kGone:
      talk_.warning(fmt::format("{}: it was deleted before it was shipped", name));
      pending_.look();
      counters_.files_gone = pending_.gone();
      return Step::kDid;
    case SpoolResult::State::kRefused:
      talk_.notice(fmt::format("{}: not shipped: {}", name, made.reason));
      ++counters_.files_refused;
      state_.add_done(file.sight, 0);
      state_.save();
      return Step::kDid;
    case SpoolResult::State::kFailed:
      talk_.warning(fmt::format("{}: {}", name, made.reason));
      ++counters_.files_failed;
      pending_.put_off(file);
      return Step::kDid;
    case SpoolResult::State::kMade:
      break;
  }
  if (!made.damage.empty()) {
    ++counters_.files_damaged;
    talk_.notice(fmt::format("{}: {}: shipped up to there", name, made.damage));
  }
  counters_.many_rows += made.many_rows;
  // A copy of a file, or the same one under another name.
  if (state_.is_done(made.file)) {
    state_.add_done(file.sight, made.file);
    state_.save();
    remove_file(state_.spool_path());
    return Step::kDid;
  }
  std::string error;
  spool_ = Spool::open(state_.spool_path(), error);
  if (!spool_) {
    return failed(Answer::later(fmt::format("{}: {}", state_.spool_path(), error)));
  }
  const bool same = state_.current && state_.current->file == made.file;
  const std::uint64_t next = same ? state_.current->next : 0;
  state_.current = CurrentFile{made.file, file.path, file.sight, next};
  state_.save();
  settled_ = false;
  return Step::kDid;
}

Shipper::Step Shipper::send_batch() {
  if (!settled_) {
    std::uint64_t there = 0;
    const Answer answer = sink_.settle(*spool_, there);
    if (!answer.done()) return failed(answer);
    settled_ = true;
    if (there > state_.current->next) {
      counters_.batches_found += there - state_.current->next;
      for (std::uint64_t i = state_.current->next; i < there; ++i) {
        state_.rows_shipped += spool_->batches()[i].rows;
      }
    }
    if (there < state_.current->next) {
      talk_.warning(
          fmt::format("{}: the server has lost {} batches that it had: they are sent again",
                      tools::visible_text(state_.current->name), state_.current->next - there));
    }
    next_ = there;
    state_.current->next = there;
  }
  if (next_ == spool_->batches().size()) {
    finish_file();
    return Step::kDid;
  }
  const Batch& batch = spool_->batches()[next_];
  keep_rate(batch.rows);
  if (!tick()) return Step::kNothing;
  const std::uint64_t began_ns = monotonic_clock_ns();
  const Answer answer = sink_.put(*spool_, next_);
  counters_.send_ns += monotonic_clock_ns() - began_ns;
  if (!answer.done()) return failed(answer);
  ++next_;
  state_.current->next = next_;
  state_.rows_shipped += batch.rows;
  counters_.rows += batch.rows;
  counters_.bytes += batch.bytes;
  ++counters_.batches;
  if (!counters_.trouble.empty()) talk_.notice("shipping again");
  counters_.trouble.clear();
  back_off_.reset();
  const std::uint64_t now_ns = monotonic_clock_ns();
  const bool last = next_ == spool_->batches().size();
  if (sink_.needs_each_watermark() || (!last && now_ns - saved_ns_ >= kSaveNs)) {
    state_.save();
    saved_ns_ = now_ns;
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

void Shipper::keep_rate(std::uint64_t rows) {
  if (options_.max_rate == 0) return;
  const std::uint64_t now_ns = monotonic_clock_ns();
  if (rate_ns_ > now_ns) wait(rate_ns_ - now_ns);
  rate_ns_ = std::max(rate_ns_, now_ns) + rows * kNanosecondsPerSecond / options_.max_rate;
}

}  // namespace capstan::fleet
