// IpFragments: fragmented IP datagrams put back together, a bounded number at a time.
//
// RFC 815's question (which holes are left?) with RFC 5722's answer to overlaps in mind: the first
// bytes win.
#pragma once

#include <optional>
#include <vector>

#include "engine/flow/buffer_pool.h"
#include "engine/flow/transport.h"

namespace capstan {

// One thread.
class IpFragments {
 public:
  static constexpr std::size_t kMaxDatagrams = 64;
  static constexpr std::uint64_t kTimeoutNs = 30'000'000'000;  // RFC 791's suggestion is 15 s

  explicit IpFragments(BufferPool& pool) : pool_(pool) {}
  ~IpFragments();
  IpFragments(const IpFragments&) = delete;
  IpFragments& operator=(const IpFragments&) = delete;

  // Takes a fragment in. When it completes its datagram, fills `whole` as if that had come in one
  // packet; its payload is borrowed until the next call.
  bool add(const TransportPacket& fragment, std::uint64_t now_ns, TransportPacket& whole);

  std::uint64_t completed() const noexcept { return completed_; }
  std::uint64_t dropped() const noexcept { return dropped_; }  // datagrams given up

 private:
  struct Range {
    std::uint32_t begin;
    std::uint32_t end;
  };
  struct Datagram {
    Address source{};
    Address destination{};
    std::array<std::uint16_t, 2> vlans{};
    std::uint32_t id = 0;
    std::uint8_t protocol = 0;
    std::uint8_t ip_version = 0;
    std::uint64_t first_ns = 0;
    std::uint32_t length = 0;  // 0: the last fragment has not come
    std::uint32_t used = 0;
    std::span<std::uint8_t> buffer;
    std::vector<Range> ranges;
  };

  Datagram* find(const TransportPacket& fragment, std::uint64_t now_ns);
  void insert(Datagram& datagram, std::uint32_t begin, std::span<const std::uint8_t> bytes);
  void drop(std::size_t index);

  BufferPool& pool_;
  std::vector<Datagram> datagrams_;
  Datagram finished_;
  std::uint64_t completed_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace capstan
