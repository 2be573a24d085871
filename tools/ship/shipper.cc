#include "tools/ship/shipper.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/core/clock.h"
#include "tools/common/units.h"
#include "tools/ship/crash_safe_file.h"

namespace capstan::fleet {

namespace {

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
  lose_spool(error);
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
        save_what_is_done();
        return false;
    }
  }
  save_what_is_done();
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

Shipper::Step Shipper::send_batch() {
  if (!settled_) {
    std::uint64_t there = 0;
    const Answer answer = sink_.settle(*spool_, there);
    if (!answer.done()) return failed(answer);
    settled_ = true;
    there = std::min<std::uint64_t>(there, spool_->batches().size());
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
  Answer answer;
  try {
    answer = sink_.put(*spool_, next_);
  } catch (const SpoolDamaged& error) {
    lose_spool(error.what());
    return Step::kFailed;
  }
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

void Shipper::keep_rate(std::uint64_t rows) {
  if (options_.max_rate == 0) return;
  const std::uint64_t now_ns = monotonic_clock_ns();
  if (rate_ns_ > now_ns) wait(rate_ns_ - now_ns);
  rate_ns_ = std::max(rate_ns_, now_ns) + rows * kNanosecondsPerSecond / options_.max_rate;
}

}  // namespace capstan::fleet
