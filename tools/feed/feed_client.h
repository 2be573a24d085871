// FeedClient: one connection that a recording's blocks go to.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/core/unique_fd.h"
#include "tools/feed/feed_buffer.h"

namespace capstan::tools {

// What a client got and did not get. Each packet of the pieces since it came is in one of the two,
// or in front of it still.
struct FeedCounts {
  std::uint64_t sent = 0;
  std::uint64_t lost = 0;  // it reads too slowly
};

// One thread. Owns its socket, which never blocks and is never read.
class FeedClient {
 public:
  // `head`: what its stream begins with. Its first piece is the buffer's next.
  FeedClient(UniqueFd socket, std::string name, std::vector<std::uint8_t> head,
             const FeedBuffer& buffer, std::size_t rings);

  enum class State : std::uint8_t {
    kIdle,  // it has all there is
    kBusy,  // there is more, and it takes it
    kFull,  // there is more, and the socket takes nothing now
    kGone,
  };
  // Sends what it takes, at most about one piece.
  State send();
  // A piece is about to be overwritten.
  void forget(const FeedPiece& piece);
  // It gets nothing more: what it has not had yet is lost to it.
  void give_up();
  // No piece comes any more. `tail` makes what its stream ends with when it has had all of them.
  void finish(std::function<std::vector<std::uint8_t>(const FeedCounts&)> tail);

  int descriptor() const noexcept { return socket_.get(); }
  const std::string& name() const noexcept { return name_; }
  const FeedCounts& counts() const noexcept { return counts_; }
  bool finished() const noexcept { return finished_; }
  bool full = false;                // until the socket says that it takes more
  std::uint64_t sent_in_total = 0;  // of counts().sent: what all clients' total has already

 private:
  State send_own();
  void tell_loss();

  UniqueFd socket_;
  std::string name_;
  const FeedBuffer& buffer_;
  std::vector<std::uint8_t> own_;  // goes in front of the next piece
  std::size_t own_sent_ = 0;
  std::uint32_t own_packets_ = 0;  // in own_: sent when that is
  std::function<std::vector<std::uint8_t>(const FeedCounts&)> tail_;
  bool ending_ = false;
  bool finished_ = false;
  std::uint64_t at_;           // the piece it is at
  std::size_t at_offset_ = 0;  // how much of that was sent
  std::vector<std::uint64_t> lost_by_ring_;
  std::uint64_t untold_ = 0;
  FeedCounts counts_;
};

}  // namespace capstan::tools
