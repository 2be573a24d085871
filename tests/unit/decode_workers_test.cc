// Which worker a packet meets, and that batches come out as they went in.
#include "tools/show/decode_workers.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <numeric>
#include <vector>

namespace capstan {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes operator+(Bytes front, const Bytes& back) {
  front.insert(front.end(), back.begin(), back.end());
  return front;
}

Bytes ethernet(std::uint16_t type) {
  Bytes bytes(12, 2);
  return bytes + Bytes{static_cast<std::uint8_t>(type >> 8), static_cast<std::uint8_t>(type)};
}
Bytes ports(std::uint16_t source, std::uint16_t destination) {
  return Bytes{static_cast<std::uint8_t>(source >> 8), static_cast<std::uint8_t>(source),
               static_cast<std::uint8_t>(destination >> 8),
               static_cast<std::uint8_t>(destination)} +
         Bytes(16, 0);
}
Bytes ipv4(std::uint8_t protocol, std::uint8_t source, std::uint8_t destination,
           std::uint16_t fragment = 0) {
  return {0x45,
          0,
          0,
          40,
          0,
          1,
          static_cast<std::uint8_t>(fragment >> 8),
          static_cast<std::uint8_t>(fragment),
          64,
          protocol,
          0,
          0,
          10,
          0,
          0,
          source,
          10,
          0,
          0,
          destination};
}
Bytes ipv6(std::uint8_t next, std::uint8_t source, std::uint8_t destination) {
  Bytes bytes{0x60, 0, 0, 0, 0, 20, next, 64};
  bytes.resize(40);
  bytes[23] = source;
  bytes[39] = destination;
  return bytes;
}

PacketSlot slot_of(const Bytes& bytes) {
  PacketView view;
  view.data = bytes.data();
  view.caplen = view.wirelen = static_cast<std::uint32_t>(bytes.size());
  return packet_slot(view);
}

TEST(FlowSlot, BothDirectionsAndEveryWrappingMeetTheSameWorker) {
  const PacketSlot plain = slot_of(ethernet(0x0800) + ipv4(6, 1, 2) + ports(1000, 80));
  EXPECT_TRUE(plain.certain);
  const Bytes back = ipv4(6, 2, 1) + ports(80, 1000);
  const Bytes vlan{0, 7, 0x08, 0};
  const Bytes stack{0, 1, 0, 64, 0, 2, 1, 64};
  const Bytes vxlan_head =
      ipv4(17, 8, 9) + Bytes{0x30, 0x39, 0x12, 0xb5, 0, 0, 0, 0} + Bytes{8, 0, 0, 0, 0, 0, 7, 0};
  const Bytes geneve_head = ipv4(17, 8, 9) + Bytes{0x30, 0x39, 0x17, 0xc1, 0, 0, 0, 0} +
                            Bytes{1, 0, 0x65, 0x58, 0, 0, 7, 0} + Bytes(4, 0);
  for (const Bytes& wrapped :
       {ethernet(0x0800) + back, ethernet(0x8100) + vlan + back,
        ethernet(0x88a8) + Bytes{0, 9, 0x81, 0} + vlan + back, ethernet(0x8847) + stack + back,
        ethernet(0x8864) + Bytes{0x11, 0, 0, 1, 0, 42, 0, 0x21} + back,
        ethernet(0x0800) + ipv4(4, 8, 9) + back,
        ethernet(0x0800) + ipv4(47, 8, 9) + Bytes{0x20, 0, 8, 0, 0, 0, 0, 1} + back,
        ethernet(0x0800) + ipv4(51, 8, 9) + Bytes{4, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1} + back,
        ethernet(0x0800) + vxlan_head + ethernet(0x0800) + back,
        ethernet(0x0800) + geneve_head + ethernet(0x0800) + back,
        ethernet(0x0800) + ipv4(1, 8, 9) + Bytes{3, 1, 0, 0, 0, 0, 0, 0} + back}) {
    const PacketSlot slot = slot_of(wrapped);
    EXPECT_TRUE(slot.certain);
    EXPECT_EQ(slot.slot, plain.slot) << wrapped.size() << " bytes";
  }
}

TEST(FlowSlot, Ipv6WithAndWithoutExtensionHeaders) {
  const std::uint32_t plain = slot_of(ethernet(0x86dd) + ipv6(6, 1, 2) + ports(1000, 80)).slot;
  const Bytes back = ports(80, 1000);
  EXPECT_EQ(slot_of(ethernet(0x86dd) + ipv6(6, 2, 1) + back).slot, plain);
  EXPECT_EQ(slot_of(ethernet(0x86dd) + ipv6(60, 2, 1) + Bytes{6, 0, 1, 4, 0, 0, 0, 0} + back).slot,
            plain);
  EXPECT_EQ(slot_of(ethernet(0x86dd) + ipv6(44, 2, 1) + Bytes{6, 0, 0, 1, 0, 0, 0, 5} + back).slot,
            plain);
  EXPECT_NE(slot_of(ethernet(0x86dd) + ipv6(6, 1, 3) + ports(1000, 80)).slot, plain);
}

TEST(FlowSlot, LaterFragmentsGoByAddresses) {
  const std::uint32_t flow = slot_of(ethernet(0x0800) + ipv4(17, 1, 2) + ports(1000, 80)).slot;
  const Bytes first = ethernet(0x0800) + ipv4(17, 1, 2, 0x2000) + ports(1000, 80);
  EXPECT_EQ(slot_of(first).slot, flow) << "the first fragment has the ports";
  const std::uint32_t later =
      slot_of(ethernet(0x0800) + ipv4(17, 1, 2, 0x2001) + Bytes(20, 7)).slot;
  EXPECT_EQ(slot_of(ethernet(0x0800) + ipv4(17, 2, 1, 0x0005) + Bytes(20, 9)).slot, later);
}

TEST(FlowSlot, WhatIsNotFollowedIsNotCertain) {
  EXPECT_FALSE(slot_of(ethernet(0x0800) + ipv4(17, 1, 2) + ports(1701, 1701)).certain) << "L2TP";
  EXPECT_FALSE(slot_of(ethernet(60) + Bytes{0xaa, 0xaa, 3, 0, 0, 0, 8, 0}).certain) << "SNAP";
  Bytes nested = ethernet(0x0800);
  for (int layer = 0; layer < 20; ++layer) nested = nested + ipv4(4, 1, 2);
  EXPECT_FALSE(slot_of(nested).certain) << "tunnel within tunnel";
  EXPECT_TRUE(slot_of(ethernet(0x0806) + Bytes(28, 0)).certain) << "ARP";
  EXPECT_TRUE(slot_of({}).certain || slot_of({}).slot == 0) << "no bytes at all";
}

TEST(FlowSlot, ManyFlowsAreSpreadEvenly) {
  constexpr std::size_t kWorkers = 4;
  std::vector<int> packets(kWorkers);
  for (std::uint16_t port = 1; port <= 4000; ++port) {
    const PacketSlot slot = slot_of(ethernet(0x0800) + ipv4(6, 1, 2) + ports(port, 443));
    ++packets[slot.slot * kWorkers / kFlowSlots];
  }
  for (const int count : packets) EXPECT_NEAR(count, 1000, 150);
}

// Counts what each worker did, and what was delivered; delivery can be held up.
class Recorder final : public BatchWork {
 public:
  explicit Recorder(std::size_t workers) : decoded(workers) {}

  void decode(const PacketBatch& batch, std::size_t worker) noexcept override {
    for (const BatchPacket& packet : batch.share(worker)) decoded[worker].push_back(packet.number);
  }
  void deliver(const PacketBatch& batch) noexcept override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !stuck_; });
    std::vector<std::size_t> next(decoded.size());
    for (const std::uint8_t worker : batch.order()) {
      delivered.push_back(batch.share(worker)[next[worker]++].number);
    }
  }
  void set_stuck(bool stuck) {
    {
      const std::lock_guard lock(mutex_);
      stuck_ = stuck;
    }
    changed_.notify_all();
  }

  std::vector<std::vector<std::uint64_t>> decoded;  // by worker
  std::vector<std::uint64_t> delivered;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stuck_ = false;
};

void expect_in_order(std::size_t workers, std::size_t batches, std::size_t batch_packets) {
  // Each batch is handed from thread to thread, which on a busy machine takes a turn of the
  // scheduler's each time.
  const std::uint64_t packets = std::min<std::uint64_t>(20'000, 2000 * batch_packets);
  Recorder recorder(workers);
  {
    DecodeWorkers pool(workers, batches, recorder);
    PacketBatch* batch = &pool.acquire();
    for (std::uint64_t number = 1; number <= packets; ++number) {
      BatchPacket packet;
      packet.number = number;
      batch->add(packet, pool.worker_of(static_cast<std::uint32_t>(number * 7919) % kFlowSlots));
      if (batch->packet_count() < batch_packets) continue;
      pool.submit(*batch);
      if (number % 1000 == 0) pool.wait_decoded();
      batch = &pool.acquire();
    }
    pool.submit(*batch);
    pool.wait_delivered();
    EXPECT_TRUE(pool.all_delivered());
  }
  std::vector<std::uint64_t> expected(packets);
  std::iota(expected.begin(), expected.end(), 1);
  EXPECT_EQ(recorder.delivered, expected);
  std::size_t decoded = 0;
  for (std::size_t worker = 0; worker < workers; ++worker) {
    decoded += recorder.decoded[worker].size();
    EXPECT_TRUE(std::is_sorted(recorder.decoded[worker].begin(), recorder.decoded[worker].end()));
    for (const std::uint64_t number : recorder.decoded[worker]) {
      const auto slot = static_cast<std::uint32_t>(number * 7919) % kFlowSlots;
      EXPECT_GE(slot, DecodeWorkers::first_slot(worker, workers));
      EXPECT_LT(slot, DecodeWorkers::first_slot(worker + 1, workers));
    }
  }
  EXPECT_EQ(decoded, packets);
}

TEST(DecodeWorkers, DeliverEverythingInOrderWhateverTheRoom) {
  expect_in_order(1, 1, 1);
  expect_in_order(2, 1, 3);
  expect_in_order(3, 2, 50);
  expect_in_order(5, 16, 100);
}

// A block goes back to the ring when it is decoded: the output may be stuck for as long as it
// likes.
TEST(DecodeWorkers, LetGoOfBlocksBeforeTheyAreDelivered) {
  struct Home final : BlockHome {
    void release(SealedBlock&) noexcept override { released.fetch_add(1); }
    std::atomic<int> released{0};
  } home;
  SealedBlock blocks[3];
  for (SealedBlock& block : blocks) block.home = &home;
  Recorder recorder(2);
  recorder.set_stuck(true);
  DecodeWorkers pool(2, 3, recorder);
  for (SealedBlock& block : blocks) {
    PacketBatch* const batch = pool.try_acquire();
    ASSERT_NE(batch, nullptr);
    batch->hold(BlockRef::first(block));
    batch->add({}, 0);
    batch->add({}, 1);
    pool.submit(*batch);
  }
  pool.wait_decoded();
  EXPECT_EQ(home.released.load(), 3);
  EXPECT_EQ(pool.try_acquire(), nullptr) << "nothing is delivered";
  EXPECT_FALSE(pool.all_delivered());
  recorder.set_stuck(false);
  pool.wait_delivered();
  EXPECT_NE(pool.try_acquire(), nullptr);
}

TEST(PacketBatch, CopiesWhatWillNotStay) {
  PacketBatch batch(0, 1);
  Bytes bytes(3 << 20, 0x55);  // more than the usual room: an empty batch takes it all the same
  BatchPacket packet;
  packet.view.data = bytes.data();
  packet.view.caplen = static_cast<std::uint32_t>(bytes.size());
  EXPECT_TRUE(batch.add_copy(packet, 0));
  EXPECT_FALSE(batch.add_copy(packet, 0));
  std::fill(bytes.begin(), bytes.end(), std::uint8_t{0});
  ASSERT_EQ(batch.packet_count(), 1U);
  EXPECT_EQ(batch.share(0)[0].view.data[bytes.size() - 1], 0x55);
}

}  // namespace
}  // namespace capstan
