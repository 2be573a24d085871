// FeedServer: sends the blocks of a recording to clients over TCP, as pcapng with a head of its own
// for each client ("pcap over IP").
//
// One thread takes blocks from best-effort queues, copies them into FeedBuffer and sends them to
// all clients. The recording never waits for it: blocks for which the thread is too slow are
// skipped, and what a client is too slow for is lost to that client. Both are counted, and the
// counts are in the client's stream.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/block/best_effort_queue.h"
#include "engine/core/stats.h"
#include "tools/feed/feed_buffer.h"
#include "tools/feed/feed_client.h"
#include "tools/feed/feed_lookup.h"
#include "tools/feed/feed_options.h"
#include "writers/recording/pcapng_format.h"

namespace capstan::tools {

// Written by the thread, readable by any thread at any time; exact once the thread has finished.
struct FeedCounters {
  Counter clients;       // connections that were served, those of now included
  Counter refused;       // those that were not: not allowed, too many, or no memory
  Counter packets_sent;  // to all clients together
  Counter packets_lost;  // by clients that were too slow, together
};

class FeedServer {
 public:
  static constexpr std::size_t kMostClients = 64;

  // Opens all sockets. What time can mend is only said: an address to listen on that somebody else
  // has, or nobody yet, and a server's name without an address. Throws UsageError for what it
  // cannot, and std::system_error.
  explicit FeedServer(const FeedOptions& options);
  ~FeedServer();

  // Returns the queue for the blocks of the next ring. Valid as long as this object. Requires: not
  // started.
  BestEffortQueue& add_ring(std::uint32_t block_count, std::uint32_t block_size_bytes);
  // Sets the start of each stream. Requires: not started.
  void set_head(std::vector<std::uint8_t> head) { head_ = std::move(head); }

  // Starts looking up the names of servers that have no address yet; FeedLookup::start().
  void look_up(std::function<void()> confine) { lookup_->start(std::move(confine)); }
  // Starts the thread, which inherits the caller's privileges. Throws std::system_error.
  void start(std::vector<int> cpus);
  // No more blocks will be queued: the thread sends what is left, then `rings`, and ends.
  void request_finish(std::vector<ClosingLedger> rings) noexcept;
  // Ends without waiting for clients.
  void request_leave() noexcept { leave_.store(true, std::memory_order_relaxed); }
  bool finished() const noexcept { return finished_.load(std::memory_order_acquire); }
  // Grows as long as clients accept data.
  std::uint64_t progress() const noexcept { return progress_.get(); }
  void join();

  const FeedCounters& counters() const noexcept { return counters_; }

 private:
  // A target to connect to: a socket for each family of its addresses, used again and again.
  struct Outgoing {
    const FeedTarget* target = nullptr;
    std::map<int, UniqueFd> sockets;    // by family
    std::vector<TcpAddress> addresses;  // for which there is a socket; none: it is looked up
    std::size_t at = 0;                 // the address that is tried, or connected
    std::uint64_t next_try_ns = 0;
    bool under_way = false;
    bool connected = false;
    bool failure_said = false;

    int socket() const { return sockets.at(addresses[at].family()).get(); }
  };

  // An address that could not be listened on yet.
  struct Waiting {
    UniqueFd socket;
    TcpAddress address;
    std::string target;  // as typed
  };

  void run(const std::vector<int>& cpus) noexcept;
  void serve();
  bool take_blocks();
  bool send_to_all();
  void count_sent(FeedClient& client);
  bool watch(int fd, std::uint32_t events) noexcept;
  void accept_from(int listener);
  void pause_listening() noexcept;
  void listen_again() noexcept;
  void open_listener(const TcpAddress& address, const FeedTarget& target);
  void look_at_waiting(std::uint64_t now_ns);
  void take_addresses();
  static Outgoing outgoing_to(const FeedTarget& target);
  void look_at_outgoing(std::uint64_t now_ns);
  static void try_next(Outgoing& outgoing, std::uint64_t now_ns, int error);
  // Returns 0, or what the kernel refused it with: the socket is then closed.
  int add_client(UniqueFd socket, std::string name);
  void remove_client(FeedClient& client);
  std::vector<std::uint8_t> stream_head() const;
  std::vector<std::uint8_t> stream_tail(const FeedCounts& counts) const;
  void note(const BlockHead& head);

  FeedOptions options_;
  std::vector<UniqueFd> listeners_;
  std::vector<Waiting> waiting_;
  std::uint64_t waiting_try_ns_ = 0;
  std::vector<Outgoing> outgoing_;
  std::vector<std::size_t> looked_up_;  // of outgoing_: the names of lookup_, in its order
  std::optional<FeedLookup> lookup_;
  UniqueFd poll_;
  std::vector<std::unique_ptr<BestEffortQueue>> queues_;
  std::size_t largest_block_ = 0;
  std::vector<std::uint8_t> head_;
  std::vector<ClosingLedger> rings_;  // counts as of the last piece
  std::unique_ptr<FeedBuffer> buffer_;
  std::vector<std::unique_ptr<FeedClient>> clients_;
  std::uint64_t full_until_ns_ = 0;  // at this time all clients are tried again
  bool refusal_said_ = false;
  bool listening_ = true;               // the listeners are in poll_
  std::uint64_t listens_again_ns_ = 0;  // without a descriptor for one more
  FeedCounters counters_;
  Counter progress_;
  std::vector<ClosingLedger> closing_;  // set before finish_
  std::atomic<bool> finish_{false};     // release: closing_ and all queued blocks are visible
  std::atomic<bool> leave_{false};
  std::atomic<bool> finished_{false};
  std::thread thread_;
};

}  // namespace capstan::tools
