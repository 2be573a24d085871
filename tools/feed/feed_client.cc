#include "tools/feed/feed_client.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "engine/core/clock.h"
#include "tools/common/units.h"
#include "writers/recording/pcapng_copy.h"

namespace capstan::tools {

namespace {

// Bytes taken; -1: none now; -2: gone.
ssize_t send_some(int fd, const std::uint8_t* data, std::size_t size) noexcept {
  while (true) {
    const ssize_t sent = ::send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) return sent;
    if (errno == EINTR) continue;
    return errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM ? -1 : -2;
  }
}

}  // namespace

FeedClient::FeedClient(UniqueFd socket, std::string name, std::vector<std::uint8_t> head,
                       const FeedBuffer& buffer, std::size_t rings)
    : socket_(std::move(socket)),
      name_(std::move(name)),
      buffer_(buffer),
      own_(std::move(head)),
      at_(buffer.next()),
      lost_by_ring_(rings) {}

FeedClient::State FeedClient::send_own() {
  while (own_sent_ < own_.size()) {
    const ssize_t sent = send_some(socket_.get(), own_.data() + own_sent_, own_.size() - own_sent_);
    if (sent == -1) return State::kFull;
    if (sent < 0) return State::kGone;
    own_sent_ += static_cast<std::size_t>(sent);
  }
  own_.clear();
  own_sent_ = 0;
  counts_.sent += std::exchange(own_packets_, 0);
  return State::kBusy;
}

FeedClient::State FeedClient::send() {
  if (own_.empty() && untold_ != 0 && at_offset_ == 0) tell_loss();
  // Behind the rest of a record there may be a loss to tell, in front of the next piece.
  if (!own_.empty()) return send_own();
  if (at_ == buffer_.next()) {
    if (!ending_ || finished_) return State::kIdle;
    if (!tail_) {
      finished_ = true;
      return State::kIdle;
    }
    own_ = std::exchange(tail_, nullptr)(counts_);
    return State::kBusy;
  }
  const FeedPiece& piece = buffer_.piece(at_);
  const std::span<const std::uint8_t> bytes = buffer_.bytes(piece);
  const ssize_t sent =
      send_some(socket_.get(), bytes.data() + at_offset_, bytes.size() - at_offset_);
  if (sent == -1) return State::kFull;
  if (sent < 0) return State::kGone;
  at_offset_ += static_cast<std::size_t>(sent);
  if (at_offset_ < bytes.size()) return State::kBusy;
  counts_.sent += piece.packets;
  ++at_;
  at_offset_ = 0;
  return State::kBusy;
}

void FeedClient::forget(const FeedPiece& piece) {
  if (at_ != piece.number) return;
  std::uint32_t had = 0;
  if (at_offset_ != 0) {
    // The record it is in the middle of is kept for it; its stream stays whole records.
    const std::span<const std::uint8_t> bytes = buffer_.bytes(piece);
    const RecordBound bound = record_bound(bytes, at_offset_);
    const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(at_offset_);
    own_.assign(first, bytes.begin() + static_cast<std::ptrdiff_t>(bound.offset));
    own_sent_ = 0;
    had = bound.packets;
    own_packets_ = bound.in_packet ? 1 : 0;
    counts_.sent += had - own_packets_;
  }
  const std::uint64_t lost = piece.packets - std::min(had, piece.packets);
  counts_.lost += lost;
  lost_by_ring_[piece.ring] += lost;
  untold_ += lost;
  ++at_;
  at_offset_ = 0;
}

void FeedClient::give_up() {
  while (at_ != buffer_.next()) forget(buffer_.piece(at_));
  counts_.lost += std::exchange(own_packets_, 0);
}

// For programs that know no ledger, and for people: statistics of the interface with a comment. The
// next block's head has the same for Capstan: its count of packets runs ahead of those in the file.
void FeedClient::tell_loss() {
  for (std::size_t ring = 0; ring < lost_by_ring_.size(); ++ring) {
    if (lost_by_ring_[ring] == 0) continue;
    InterfaceStatistics statistics;
    statistics.timestamp_ns = wall_clock_ns();
    statistics.user_delivered = counts_.sent;
    append_statistics_block(
        own_, statistics, static_cast<std::uint32_t>(ring),
        fmt::format("capstan: {} packets are missing here, {} so far: this connection took them "
                    "too slowly. The recording has them",
                    grouped(lost_by_ring_[ring]), grouped(counts_.lost)));
    lost_by_ring_[ring] = 0;
  }
  untold_ = 0;
}

void FeedClient::finish(std::function<std::vector<std::uint8_t>(const FeedCounts&)> tail) {
  tail_ = std::move(tail);
  ending_ = true;
}

}  // namespace capstan::tools
