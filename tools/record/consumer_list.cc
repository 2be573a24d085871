#include "tools/record/consumer_list.h"

#include <algorithm>

#include "engine/core/clock.h"

namespace capstan::tools {

ConsumerList::~ConsumerList() {
  stop();
  for (std::unique_ptr<BlockConsumer>& consumer : all_) consumer.reset();
}

void ConsumerList::attach(Capture& capture) {
  for (const auto& consumer : all_) consumer->attach(capture);
}

void ConsumerList::open() {
  for (const auto& consumer : all_) consumer->open();
}

void ConsumerList::start(const std::vector<int>& cpus) {
  for (const auto& consumer : all_) consumer->start(cpus);
}

void ConsumerList::started() {
  for (const auto& consumer : all_) consumer->started();
}

void ConsumerList::on_tick() {
  for (const auto& consumer : all_) consumer->on_tick();
}

bool ConsumerList::wants_end() const noexcept {
  return std::any_of(all_.begin(), all_.end(),
                     [](const auto& consumer) { return consumer->wants_end(); });
}

void ConsumerList::leave() noexcept {
  for (const auto& consumer : all_) consumer->leave();
}

void ConsumerList::add_to(RecordStats& stats) const {
  for (const auto& consumer : all_) consumer->add_to(stats);
}

std::vector<std::string> ConsumerList::failures(const RecordStats& stats) const {
  std::vector<std::string> failures;
  for (const auto& consumer : all_) {
    for (std::string& failure : consumer->failures(stats)) failures.push_back(std::move(failure));
  }
  return failures;
}

std::string ConsumerList::reports(const RecordStats& stats) const {
  std::string text;
  for (const auto& consumer : all_) text += consumer->report(stats);
  return text;
}

void ConsumerList::end(const std::vector<ClosingLedger>& rings, const Wait& wait) {
  for (const auto& consumer : all_) consumer->blocks_ended(rings);
  wait_for(*all_.front(), wait);
  for (const auto& consumer : all_) consumer->files_closed();
  for (std::size_t i = 1; i < all_.size(); ++i) wait_for(*all_[i], wait);
}

void ConsumerList::wait_for(BlockConsumer& consumer, const Wait& wait) {
  const std::uint64_t begun_ns = monotonic_clock_ns();
  std::uint64_t progress = consumer.progress();
  std::uint64_t progress_ns = begun_ns;
  std::uint64_t leaving_ns = 0;  // since when; 0: it is waited for
  while (!consumer.finished()) {
    const std::uint64_t now = monotonic_clock_ns();
    const EndPatience patience = consumer.patience();
    if (consumer.progress() != progress) progress_ns = now;
    progress = consumer.progress();
    const bool over = wait.impatient() || now - begun_ns > patience.whole_ns ||
                      now - progress_ns > patience.idle_ns;
    if (over && leaving_ns == 0) {
      leaving_ns = now;
      consumer.leave();
    }
    if (leaving_ns != 0 && now - leaving_ns >= patience.leaving_ns) {
      stuck_ = true;
      return;
    }
    wait.pass();
  }
  consumer.on_tick();
}

void ConsumerList::stop() noexcept {
  for (auto consumer = all_.rbegin(); consumer != all_.rend(); ++consumer) (*consumer)->stop();
}

}  // namespace capstan::tools
