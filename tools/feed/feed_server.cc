#include "tools/feed/feed_server.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/core/clock.h"
#include "engine/core/cpu.h"
#include "engine/core/errors.h"
#include "engine/core/thread.h"
#include "tools/common/log.h"
#include "tools/common/units.h"
#include "tools/feed/feed_sockets.h"

namespace capstan::tools {

namespace {

constexpr std::size_t kBufferBytes = std::size_t{64} << 20;
constexpr int kIdleMs = 5;
constexpr int kMostEvents = 64;
// Blocks of a ring copied in one go, before clients get their turn.
constexpr int kMostBlocks = 8;
// A client whose socket took nothing is tried again after so long, whatever the kernel says: it
// tells of room it made, not of memory that was short.
constexpr std::uint64_t kFullNs = 100 * kNanosecondsPerMillisecond;

}  // namespace

FeedServer::FeedServer(const FeedOptions& options)
    : options_(options), poll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (poll_.get() < 0) throw_errno("epoll_create1");
  std::vector<FeedLookup::Name> names;
  for (const FeedTarget& target : options_.targets) {
    for (const TcpAddress& address : target.addresses) {
      if (target.listens) open_listener(address, target);
    }
    if (target.listens) continue;
    outgoing_.push_back(outgoing_to(target));
    if (!target.addresses.empty()) continue;
    FeedLookup::Name& name = names.emplace_back();
    name.name = target.name;
    for (const auto& [family, socket] : outgoing_.back().sockets) name.families.push_back(family);
    looked_up_.push_back(outgoing_.size() - 1);
    standard_log().write(
        LogLevel::kWarning,
        fmt::format("{}: {}; the name is looked up again every second. Until it is known, what "
                    "this machine sends to TCP port {} of anybody is left out where the recording "
                    "could see its own connection",
                    target.text, target.trouble, target.name.port));
  }
  lookup_.emplace(std::move(names));
}

FeedServer::~FeedServer() {
  if (!thread_.joinable()) return;
  request_leave();
  thread_.join();
}

BestEffortQueue& FeedServer::add_ring(std::uint32_t block_count, std::uint32_t block_size_bytes) {
  queues_.push_back(std::make_unique<BestEffortQueue>(std::max(block_count / 2, 1U)));
  largest_block_ = std::max(largest_block_, std::size_t{block_size_bytes});
  ClosingLedger ring;
  ring.ring = ring.interface_id = static_cast<std::uint32_t>(rings_.size());
  rings_.push_back(ring);
  return *queues_.back();
}

void FeedServer::start(std::vector<int> cpus) {
  buffer_ = std::make_unique<FeedBuffer>(std::max(kBufferBytes, 4 * largest_block_),
                                         [this](const FeedPiece& piece) {
                                           for (const auto& client : clients_)
                                             client->forget(piece);
                                         });
  thread_ = start_thread("feeds", [this, cpus = std::move(cpus)] { run(cpus); });
}

void FeedServer::request_finish(std::vector<ClosingLedger> rings) noexcept {
  closing_ = std::move(rings);
  finish_.store(true, std::memory_order_release);
}

void FeedServer::join() {
  if (thread_.joinable()) thread_.join();
}

void FeedServer::run(const std::vector<int>& cpus) noexcept {
  name_current_thread("feed");
  keep_current_thread_on(cpus);
  give_way_to_recording();
  try {
    serve();
  } catch (const std::exception& error) {  // no memory
    standard_log().write(
        LogLevel::kError,
        fmt::format("the feed has ended: {}; the recording is not touched by that", error.what()));
  }
  for (const auto& client : clients_) {
    client->give_up();
    count_sent(*client);
    counters_.packets_lost.add(client->counts().lost);
  }
  clients_.clear();
  listeners_.clear();
  waiting_.clear();
  finished_.store(true, std::memory_order_release);  // pairs with finished()
}

void FeedServer::serve() {
  bool told_end = false;
  while (!leave_.load(std::memory_order_relaxed)) {
    const bool finish = finish_.load(std::memory_order_acquire);  // before the queues
    const bool took = take_blocks();
    if (finish && !took && !told_end) {
      told_end = true;
      listeners_.clear();
      waiting_.clear();
      for (const auto& client : clients_) {
        client->finish([this](const FeedCounts& counts) { return stream_tail(counts); });
      }
    }
    const std::uint64_t now_ns = monotonic_clock_ns();
    if (now_ns >= full_until_ns_) {
      full_until_ns_ = now_ns + kFullNs;
      for (const auto& client : clients_) client->full = false;
    }
    const bool sent = send_to_all();
    if (told_end && clients_.empty()) return;
    if (!told_end) {
      take_addresses();
      look_at_outgoing(now_ns);
      look_at_waiting(now_ns);
    }
    if (!listening_ && now_ns >= listens_again_ns_) listen_again();
    epoll_event events[kMostEvents];
    const int count = ::epoll_wait(poll_.get(), events, kMostEvents, took || sent ? 0 : kIdleMs);
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      const auto client = std::find_if(clients_.begin(), clients_.end(),
                                       [&](const auto& one) { return one->descriptor() == fd; });
      if (client != clients_.end()) {
        (*client)->full = false;
        if ((events[i].events & (EPOLLERR | EPOLLHUP)) != 0) remove_client(**client);
      } else if (listening_) {
        accept_from(fd);
      }
    }
  }
}

bool FeedServer::take_blocks() {
  bool any = false;
  for (const auto& queue : queues_) {
    for (int i = 0; i < kMostBlocks; ++i) {
      const BlockRef block = queue->try_pop();
      if (!block) break;
      any = true;
      const FeedPiece& piece = buffer_->add(*block);
      BlockHead head;
      std::memcpy(&head, buffer_->bytes(piece).data(), sizeof(head));
      note(head);
    }
  }
  return any;
}

void FeedServer::note(const BlockHead& head) {
  ClosingLedger& ring = rings_[head.ring];
  ring.timestamp_ns = wall_clock_ns();
  ring.received = head.received;
  ring.dropped = head.dropped;
  ring.freezes = head.freezes;
  ring.output_packets = head.output_packets;
}

// What it was sent since the last time: forget() counts too, wherever blocks are taken.
void FeedServer::count_sent(FeedClient& client) {
  counters_.packets_sent.add(client.counts().sent - client.sent_in_total);
  client.sent_in_total = client.counts().sent;
}

// False: nobody takes anything now.
bool FeedServer::send_to_all() {
  bool any = false;
  for (std::size_t i = 0; i < clients_.size();) {
    FeedClient& client = *clients_[i];
    FeedClient::State state = FeedClient::State::kFull;
    if (!client.full) {
      state = client.send();
      client.full = state == FeedClient::State::kFull;
    }
    count_sent(client);
    if (state == FeedClient::State::kBusy) {
      any = true;
      progress_.add(1);
      take_blocks();  // what many clients take at once costs none of them a block
    }
    if (state == FeedClient::State::kGone || client.finished()) {
      remove_client(client);
    } else {
      ++i;
    }
  }
  return any;
}

std::vector<std::uint8_t> FeedServer::stream_head() const {
  std::vector<std::uint8_t> head = head_;
  for (const ClosingLedger& ring : rings_) append_opening_ledger(head, ring);
  return head;
}

std::vector<std::uint8_t> FeedServer::stream_tail(const FeedCounts& counts) const {
  std::vector<std::uint8_t> tail;
  for (ClosingLedger ring : closing_) {
    ring.interface_id = ring.ring;
    ring.output_packets = ring.received - ring.dropped;
    append_closing_ledger(tail, ring);
  }
  const std::uint64_t lost = counts.lost;
  append_file_close(tail, CloseReason::kEnded, counts.sent, wall_clock_ns(), 0,
                    lost == 0 ? std::string()
                              : fmt::format("{} packets were taken too slowly by this connection",
                                            grouped(lost)));
  return tail;
}

}  // namespace capstan::tools
