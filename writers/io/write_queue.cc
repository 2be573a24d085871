#include "writers/io/write_queue.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/core/check.h"
#include "engine/core/clock.h"
#include "engine/core/file_size_limit.h"

namespace capstan {

namespace {

constexpr std::uint8_t kMaxRetries = 100;  // of a write interrupted again and again
constexpr std::uint8_t kMaxStalls = 4;     // of a write that neither fails nor gets anywhere

// ECANCELED: io_uring's worker was told to go before it had begun, by SIGSTOP (Ctrl+Z) for one.
bool not_begun(int error) noexcept {
  return error == EINTR || error == EAGAIN || error == ECANCELED;
}

}  // namespace

bool may_pass(int error) noexcept {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EROFS:
    case EIO:
    case ENOMEM:
    case ETIMEDOUT:
    case ESTALE:
    case ENODEV:
    case ENXIO:
      return true;
    default:
      return false;
  }
}

WriteQueue::WriteQueue(IoBackend& backend, WriteQueueOwner& owner, std::size_t places,
                       std::uint32_t alignment_bytes, const std::atomic<bool>& abandon)
    : backend_(backend),
      owner_(owner),
      places_(places),
      alignment_bytes_(alignment_bytes),
      abandon_(abandon) {}

void WriteQueue::submit(WriteRequest request) noexcept {
  CAPSTAN_CHECK(!full(), places_.size());
  const auto index = static_cast<std::uint32_t>(tail_ % places_.size());
  Place& place = places_[index];
  place.request = std::move(request);
  place.done = 0;
  place.complete = place.failed = place.refused = place.waiting = false;
  place.retries = 0;
  ++tail_;
  if (error_ != 0) {  // nothing behind an error can become certain: do not even write it
    place.failed = true;
    finish(place);
    settle();
    return;
  }
  send(index);
}

void WriteQueue::send(std::uint32_t index) noexcept {
  Place& place = places_[index];
  const std::uint8_t* data = place.bounce ? place.bounce.data() : place.request.data;
  const IoWrite write{data + place.done, place.request.length - place.done,
                      place.request.offset + place.done, index};
  // The backend has as many entries as there are places, so it has room once completions are taken;
  // a refusal can only be a passing one.
  while (!backend_.try_submit(write)) {
    backend_.wait(1'000'000);
    std::array<IoCompletion, 16> completions;
    const std::size_t count = backend_.reap(completions);
    for (std::size_t i = 0; i < count; ++i) on_completion(completions[i]);
    if (abandoned()) {
      fail(ECANCELED);
      places_[index].failed = true;
      finish(places_[index]);
      return;
    }
  }
}

bool WriteQueue::pump() noexcept {
  if (trouble_ != 0) watch_patience();
  backend_.flush();
  std::array<IoCompletion, 64> completions;
  bool any = false;
  while (const std::size_t count = backend_.reap(completions)) {
    any = true;
    for (std::size_t i = 0; i < count; ++i) on_completion(completions[i]);
    if (count < completions.size()) break;
  }
  if (any) {
    backend_.flush();  // rests of short writes
    settle();
  }
  return any;
}

void WriteQueue::wait(std::uint64_t timeout_ns) noexcept {
  if (abandoned()) fail(ECANCELED);
  if (pump()) return;
  backend_.wait(timeout_ns);
  pump();
}

void WriteQueue::on_completion(const IoCompletion& completion) noexcept {
  if (completion.tag == kPreallocateTag) {
    preallocating_ = false;
    if (!not_begun(-completion.result)) {  // else it is asked for again
      space_answer_ = {preallocating_end_, -completion.result};
    }
    return;
  }
  if (completion.tag == kSyncTag) {
    syncing_ = !abandoned() && not_begun(-completion.result) && backend_.try_sync();
    if (syncing_) return;
    if (completion.result == 0) return;
    if (patience_.patient && may_pass(-completion.result)) {
      ++syncs_refused_;
      sync_refusal_ = -completion.result;
    } else {
      fail(-completion.result);
    }
    return;
  }
  Place& place = places_[completion.tag];
  if (completion.result < 0) {
    on_failure(place, completion.tag, -completion.result);
    return;
  }
  const auto written = static_cast<std::uint32_t>(completion.result);
  if (place.done + written >= place.request.length) {
    finish(place);
    if (probing_ && completion.tag == probe_) end_trouble();
    return;
  }
  // The rest of a direct write must start aligned too: a partial unit is written again.
  const std::uint32_t done = (place.done + written) & ~(alignment_bytes_ - 1);
  if (done == place.done) {  // no error and no progress: never retried for ever
    const bool too_large = place.request.offset + place.done + written >= file_size_limit();
    on_failure(place, completion.tag,
               ++place.retries < kMaxStalls ? EAGAIN
               : too_large                  ? EFBIG
                                            : EIO);
    return;
  }
  place.done = done;
  send(completion.tag);
}

void WriteQueue::on_failure(Place& place, std::uint32_t index, int error) noexcept {
  if (not_begun(error) && ++place.retries < kMaxRetries) {
    send(index);
    return;
  }
  if (error == EINVAL && !std::exchange(place.refused, true) && owner_.direct_write_refused()) {
    send(index);
    return;
  }
  const bool from_ring = place.request.block && !place.bounce;
  if (from_ring && (error == EFAULT || error == EOPNOTSUPP)) {
    ring_memory_refused_ = true;
    void* copy = ::mmap(nullptr, place.request.length, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (copy != MAP_FAILED) place.bounce = MmapRegion(copy, place.request.length);
    if (place.bounce) {
      std::memcpy(place.bounce.data(), place.request.data, place.request.length);
      send(index);
      return;
    }
  }
  if (patience_.patient && error_ == 0 && may_pass(error)) {
    place.waiting = true;
    if (index == probe_) probing_ = false;
    if (trouble_ == 0) next_offer_ns_ = monotonic_clock_ns() + patience_.retry_interval_ns;
    trouble_ = error;
    return;
  }
  place.failed = true;
  finish(place);
  fail(error);
}

// Nothing behind an error can become certain, so what waits for the trouble's end waits for
// nothing.
void WriteQueue::fail(int error) noexcept {
  if (error_ == 0) error_ = error;
  trouble_ = 0;
  for (Place& place : places_) {
    if (!std::exchange(place.waiting, false)) continue;
    place.failed = true;
    finish(place);
  }
  settle();
}

void WriteQueue::watch_patience() noexcept {
  const std::uint64_t now = monotonic_clock_ns();
  if (patience_.ending != nullptr && patience_.ending->load(std::memory_order_relaxed)) {
    if (ending_since_ns_ == 0) ending_since_ns_ = now;
    if (now - ending_since_ns_ >= patience_.grace_ns) {
      fail(trouble_);
      return;
    }
  }
  if (now >= next_offer_ns_ && !probing_) offer_again();
}

// One of those that wait, so that a disk in trouble is not asked a hundred times a second; another
// each time, because a damaged place may refuse one for ever while the disk takes the others.
void WriteQueue::offer_again() noexcept {
  next_offer_ns_ = monotonic_clock_ns() + patience_.retry_interval_ns;
  for (std::size_t step = 1; step <= places_.size(); ++step) {
    const auto index = static_cast<std::uint32_t>((probe_ + step) % places_.size());
    if (!std::exchange(places_[index].waiting, false)) continue;
    probe_ = index;
    probing_ = true;
    places_[index].retries = 0;
    send(index);
    return;
  }
  trouble_ = 0;
}

// A write was taken: all that wait are offered again. Those refused once more begin a new trouble.
void WriteQueue::end_trouble() noexcept {
  trouble_ = 0;
  probing_ = false;
  for (std::uint32_t index = 0; index < places_.size(); ++index) {
    if (!std::exchange(places_[index].waiting, false)) continue;
    places_[index].retries = 0;
    send(index);
  }
}

// The bytes are no longer needed: gives block or staging buffer back.
void WriteQueue::finish(Place& place) noexcept {
  place.complete = true;
  place.bounce.reset();
  place.request.block.reset();
  if (BufferHome* const home = std::exchange(place.request.home, nullptr)) {
    home->buffer_written(place.request.buffer);
  }
}

// Counts what has become certain: complete writes up to the first that is not.
void WriteQueue::settle() noexcept {
  while (head_ != tail_) {
    Place& place = places_[head_ % places_.size()];
    if (!place.complete) break;
    gap_ = gap_ || place.failed;
    if (gap_) {
      failed_packets_ += place.request.packets;
    } else {
      certain_packets_ += place.request.packets;
      certain_end_ = place.request.certain_end;
    }
    ++head_;
  }
}

std::uint64_t WriteQueue::pending_packets() const noexcept {
  std::uint64_t packets = 0;
  for (std::uint64_t at = head_; at != tail_; ++at) {
    packets += places_[at % places_.size()].request.packets;
  }
  return packets;
}

bool WriteQueue::preallocate(std::uint64_t from, std::uint64_t length) noexcept {
  if (preallocating_) return false;
  preallocating_end_ = from + length;
  preallocating_ = backend_.try_preallocate(from, length);
  return preallocating_;
}

bool WriteQueue::sync() noexcept {
  if (!syncing_ && error_ == 0) syncing_ = backend_.try_sync();
  return syncing_;
}

void WriteQueue::give_up() noexcept {
  fail(ECANCELED);
  for (; head_ != tail_; ++head_) {
    Place& place = places_[head_ % places_.size()];
    failed_packets_ += place.request.packets;
    [[maybe_unused]] SealedBlock* const leaked = place.request.block.detach();
  }
}

}  // namespace capstan
