// FileCursor: the requested packets of one file, in time order even if it has several interfaces.
//
// A recorder with several rings writes whole blocks of the rings in turn: each ring is in order,
// the file is not. Packets of such a file wait here until the next packet of every interface is
// known.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "engine/reader/set_reader.h"

namespace capstan {

class FileCursor {
 public:
  // `options` must outlive this object. Throws what CaptureFile::open() throws.
  FileCursor(const SetFile& file, std::uint32_t index, const SetReaderOptions& options,
             FilePlan plan);

  // Sets packet() to the next requested packet. False: there is none, or the reader was told to
  // stop.
  [[nodiscard]] bool next();
  // Borrowed until the next call of next().
  const SetPacket& packet() const noexcept { return packet_; }

  bool stopped() const noexcept { return stopped_; }
  const CaptureFile& capture() const noexcept { return capture_; }
  FileOutcome outcome();

 private:
  // A waiting packet, with a copy of its bytes.
  struct Held {
    std::unique_ptr<std::uint8_t[]> bytes;
    std::size_t size = 0;
    SetPacket packet;
  };
  // One interface of the present section.
  struct Lane {
    Lane() = default;
    Lane(Lane&&) = default;
    Lane& operator=(Lane&&) = default;
    std::deque<Held> held;
    std::uint64_t newest_ns = 0;      // of all its packets read so far
    std::uint64_t newest_offset = 0;  // offset of the last of them in the file
  };

  enum class Step : std::uint8_t { kWanted, kHeld, kEnd };

  Step read_on();
  void note_item(ReadItem item);
  bool note_packet(const PacketView& packet);
  void hold(Lane& lane);
  bool release();
  bool may_go(std::uint64_t time_ns) const noexcept;
  bool told_to_stop() noexcept;
  // The lane of a packet in a file that has to be sorted; null where file order is kept.
  Lane* lane_of(std::uint32_t interface_id);
  std::uint64_t file_offset() const noexcept;

  const SetReaderOptions& options_;
  FilePlan plan_;
  std::uint32_t index_;
  CaptureFile capture_;
  FileOutcome outcome_;
  LossAccount loss_;
  SetPacket packet_;
  std::vector<Lane> lanes_;
  std::size_t first_interface_ = 0;  // of the present section, in the numbering of the file
  std::uint64_t held_bytes_ = 0;
  std::size_t held_packets_ = 0;
  Held current_;           // owns the bytes that packet_ borrows, if that packet had to wait
  bool draining_ = false;  // a new section begins: waiting packets are returned first
  bool at_end_ = false;
  bool stopped_ = false;
  std::uint32_t until_stop_check_ = 0;
  std::uint64_t last_statistics_ns_ = 0;
  bool zero_is_a_time_ = false;
};

}  // namespace capstan
