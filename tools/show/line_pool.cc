#include "tools/show/line_pool.h"

#include <algorithm>
#include <utility>

namespace capstan::show {

LinePrinter::LinePrinter(const tools::ShowOptions& options, const text::Names& names,
                         HostResolver* resolver, text::TcpSequences sequences, bool color)
    : hosts_(resolver == nullptr ? nullptr : std::make_unique<HostCache>(*resolver, options.print)),
      names_{names.services, names.interfaces, hosts_.get()},
      lines_(options, names_, std::move(sequences), color) {}

LinePool::LinePool(const tools::ShowOptions& options, const text::Names& names,
                   HostResolver* resolver, bool color, OutputStream& out, LinePoolLimits limits)
    : limits_(limits),
      out_(out),
      follows_connections_(!options.print.absolute_sequence && !options.print.quiet),
      feeder_(options, names, resolver, sequences_, color),
      results_(limits.batches),
      merge_places_(2 * limits.workers) {
  for (Result& result : results_) result.shares = std::vector<Share>(limits.workers);
  for (std::size_t worker = 0; worker < limits.workers; ++worker) {
    printers_.push_back(std::make_unique<LinePrinter>(
        options, names, resolver,
        sequences_.share(DecodeWorkers::first_slot(worker, limits.workers),
                         DecodeWorkers::first_slot(worker + 1, limits.workers)),
        color));
  }
  workers_ = std::make_unique<DecodeWorkers>(limits.workers, limits.batches,
                                             static_cast<BatchWork&>(*this));
}

bool LinePool::ready() noexcept {
  if (current_ == nullptr) current_ = std::exchange(spare_, nullptr);
  if (current_ == nullptr) current_ = workers_->try_acquire();
  if (current_ != nullptr && spare_ == nullptr) spare_ = workers_->try_acquire();
  return spare_ != nullptr;
}

// The one being filled.
PacketBatch& LinePool::batch() {
  if (current_ == nullptr) {
    current_ = std::exchange(spare_, nullptr);
    if (current_ == nullptr) current_ = &workers_->acquire();
  }
  return *current_;
}

bool LinePool::current_is_full() const noexcept {
  const Result& result = results_[current_->index()];
  if (result.in_place) {
    return result.in_place_packets >= limits_.batch_packets ||
           result.whole.size() >= limits_.batch_bytes;
  }
  return current_->packet_count() >= limits_.batch_packets ||
         current_->captured_bytes() >= limits_.batch_bytes;
}

void LinePool::put(const BatchPacket& packet, bool stays) {
  PacketBatch* into = &batch();
  if (results_[into->index()].in_place) {
    put_in_place(packet);
    return;
  }
  const PacketSlot slot = packet_slot(packet.view);
  if (!slot.certain && follows_connections_) {
    // Whose it is only printing it will tell. Everybody else stands still meanwhile; and as it
    // seldom comes alone, what follows is printed in place as well until the batch is full.
    submit();
    workers_->wait_decoded();
    results_[batch().index()].in_place = true;
    put_in_place(packet);
    return;
  }
  const std::size_t worker = workers_->worker_of(slot.slot);
  if (stays) {
    into->add(packet, worker);
  } else if (!into->add_copy(packet, worker)) {
    submit();
    // An empty batch takes any packet.
    static_cast<void>(batch().add_copy(packet, worker));
  }
  if (current_is_full()) submit();
}

void LinePool::put_in_place(const BatchPacket& packet) {
  Result& result = results_[current_->index()];
  std::swap(feeder_.lines().text(), result.whole);
  feeder_.lines().append(packet);
  std::swap(feeder_.lines().text(), result.whole);
  ++result.in_place_packets;
  if (current_is_full()) submit();
}

void LinePool::hold(BlockRef block) { batch().hold(std::move(block)); }

void LinePool::submit() {
  send_current();
  check_output();
}

void LinePool::send_current() noexcept {
  if (current_ != nullptr) {
    PacketBatch& batch = *current_;
    const Result& result = results_[batch.index()];
    if (result.in_place) {
      current_ = nullptr;
      workers_->submit_decoded(batch);
    } else if (!batch.empty()) {
      current_ = nullptr;
      workers_->submit(batch);
    } else {
      batch.drop_holds();
    }
  }
}

void LinePool::drain() {
  send_current();
  workers_->wait_delivered();
  check_output();
}

bool LinePool::idle() noexcept { return workers_->all_delivered(); }

void LinePool::check_output() {
  if (failed_.load(std::memory_order_acquire)) std::rethrow_exception(error_);
}

std::uint64_t LinePool::strays() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& printer : printers_) sum += printer->lines().sequences().strays();
  return sum;
}

void LinePool::decode(const PacketBatch& batch, std::size_t worker) noexcept {
  PacketLines& lines = printers_[worker]->lines();
  Share& share = results_[batch.index()].shares[worker];
  std::swap(lines.text(), share.text);
  lines.text().clear();
  share.ends.clear();
  for (const BatchPacket& packet : batch.share(worker)) {
    lines.append(packet);
    share.ends.push_back(static_cast<std::uint32_t>(lines.text().size()));
  }
  std::swap(lines.text(), share.text);
}

void LinePool::deliver(const PacketBatch& batch) noexcept {
  Result& result = results_[batch.index()];
  if (!failed_.load(std::memory_order_relaxed) && !out_.closed()) {
    try {
      if (result.in_place) {
        out_.put(result.whole.view());
      } else {
        merge(batch, result);
      }
      if (limits_.flush_batches) out_.flush();
      if (!out_.closed()) {
        printed_.add(result.in_place ? result.in_place_packets : batch.packet_count());
      }
    } catch (...) {
      error_ = std::current_exception();
      failed_.store(true, std::memory_order_release);
    }
  }
  if (out_.closed()) closed_.store(true, std::memory_order_relaxed);
  result.whole.clear();
  result.in_place = false;
  result.in_place_packets = 0;
}

void LinePool::merge(const PacketBatch& batch, Result& result) {
  for (std::size_t worker = 0; worker < result.shares.size(); ++worker) {
    if (batch.share(worker).size() != batch.packet_count()) continue;
    out_.put(result.shares[worker].text.view());  // one worker's all
    return;
  }
  // Of each worker: packets put so far, and where the text of the next one begins.
  std::fill(merge_places_.begin(), merge_places_.end(), 0);
  for (const std::uint8_t worker : batch.order()) {
    const Share& share = result.shares[worker];
    std::size_t& packet = merge_places_[2 * std::size_t{worker}];
    std::size_t& begin = merge_places_[2 * std::size_t{worker} + 1];
    const std::size_t end = share.ends[packet++];
    out_.put(share.text.view().substr(begin, end - begin));
    begin = end;
  }
}

}  // namespace capstan::show
