// FeedClient: one connection to which the blocks of a recording are sent.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/core/unique_fd.h"
#include "tools/feed/feed_buffer.h"

namespace capstan::tools {

// Packets that a client received and missed. Every packet of the pieces since it connected is
// counted in one of the two, or is still to be sent.
struct FeedCounts {
  std::uint64_t sent = 0;
  std::uint64_t lost = 0;  // because the client reads too slowly
};

// One thread. Owns its socket, which never blocks and is never read.
class FeedClient {
 public:
  // `head`: the start of its stream. Its first piece is the next one added to the buffer.
  FeedClient(UniqueFd socket, std::string name, std::vector<std::uint8_t> head,
             const FeedBuffer& buffer, std::size_t rings);

  enum class State : std::uint8_t {
    kIdle,  // everything was sent
    kBusy,  // there is more, and the socket accepts it
    kFull,  // there is more, and the socket accepts nothing now
    kGone,
  };
  // Sends what the socket accepts, at most about one piece.
  State send();
  // To be called when a piece is about to be overwritten.
  void forget(const FeedPiece& piece);
  // Sends nothing more: what was not sent yet is counted as lost.
  void give_up();
  // No more pieces will come. `tail` returns the end of the stream; called when all pieces were
  // sent.
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
  std::vector<std::uint8_t> own_;  // to be sent before the next piece
  std::size_t own_sent_ = 0;
  std::uint32_t own_packets_ = 0;  // in own_: sent when that is
  std::function<std::vector<std::uint8_t>(const FeedCounts&)> tail_;
  bool ending_ = false;
  bool finished_ = false;
  std::uint64_t at_;           // number of the piece being sent
  std::size_t at_offset_ = 0;  // bytes of it that were sent
  std::vector<std::uint64_t> lost_by_ring_;
  std::uint64_t untold_ = 0;
  FeedCounts counts_;
};

}  // namespace capstan::tools
