// IpFragments: reassembles fragmented IP datagrams, a bounded number at a time.
//
// Tracks the missing parts of a datagram as RFC 815 does; where fragments overlap, the first bytes
// win (RFC 5722 describes the attacks with overlaps). When there are too many unfinished datagrams,
// the oldest are dropped and counted, so that nobody can hide traffic unnoticed by sending many
// fragments.
#pragma once

#include <list>
#include <unordered_map>
#include <vector>

#include "engine/flow/buffer_pool.h"
#include "engine/flow/transport.h"

namespace capstan {

// One thread.
class IpFragments {
 public:
  static constexpr std::size_t kMaxDatagrams = 4096;
  static constexpr std::uint64_t kTimeoutNs = 30'000'000'000;  // RFC 791 suggests 15 s

  // At most half of the pool is used for fragments.
  explicit IpFragments(BufferPool& pool) : pool_(pool) {}
  ~IpFragments();
  IpFragments(const IpFragments&) = delete;
  IpFragments& operator=(const IpFragments&) = delete;

  // Adds a fragment that arrived at `arrival_ns` (arrival_clock.h, because a packet's own time may
  // be wrong). When it completes its datagram, returns true and fills `whole` with the addresses
  // and the protocol; whole.ip_payload is then everything after the datagram's IP header, borrowed
  // until the next call.
  bool add(const TransportPacket& fragment, std::uint64_t arrival_ns, TransportPacket& whole);
  // No more fragments will come: drops the unfinished datagrams.
  void finish();

  std::uint64_t completed() const noexcept { return completed_; }
  std::uint64_t dropped() const noexcept { return dropped_; }  // datagrams dropped unfinished

 private:
  struct Range {
    std::uint32_t begin;
    std::uint32_t end;
  };
  // Fragments with equal keys belong to one datagram (RFC 791 section 3.2, RFC 8200 section 4.5).
  struct Key {
    Address source{};
    Address destination{};
    std::uint32_t id = 0;
    std::array<std::uint16_t, 2> vlans{};
    std::uint8_t protocol = 0;  // IPv4 only: in IPv6 the first fragment has the protocol
    std::uint8_t ip_version = 0;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept;
  };
  struct Datagram {
    Key key;
    std::uint8_t protocol = 0;
    std::uint64_t first_ns = 0;
    std::uint32_t length = 0;  // 0: the last fragment has not arrived
    std::uint32_t used = 0;
    std::span<std::uint8_t> buffer;
    std::vector<Range> ranges;
  };
  using Datagrams = std::list<Datagram>;  // the oldest comes first

  static Key key_of(const TransportPacket& fragment) noexcept;
  Datagram& find(const TransportPacket& fragment, std::uint64_t arrival_ns);
  bool make_room(Datagram& datagram, std::uint32_t end);
  void insert(Datagram& datagram, std::uint32_t begin, std::span<const std::uint8_t> bytes);
  void drop(Datagrams::iterator datagram);

  BufferPool& pool_;
  Datagrams datagrams_;
  std::unordered_map<Key, Datagrams::iterator, KeyHash> index_;
  Datagram finished_;
  std::size_t held_bytes_ = 0;
  std::uint64_t completed_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace capstan
