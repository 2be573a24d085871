// FileCursor: the wanted packets of one file, in the order of their time where the file has several
// interfaces.
//
// A recorder with several rings writes whole blocks of each in turn: every ring is in order, the
// file is not. Packets of such a file wait here until every interface has shown what comes next.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "engine/reader/set_reader.h"

namespace capstan {

class FileCursor {
 public:
  // `options` must outlive it. Throws what CaptureFile::open() throws.
  FileCursor(const SetFile& file, std::uint32_t index, const SetReaderOptions& options,
             FilePlan plan);

  // Sets packet() on the next wanted one. False: there is none, or it was told to stop.
  [[nodiscard]] bool next();
  // Borrowed until the next call of next().
  const SetPacket& packet() const noexcept { return packet_; }

  bool stopped() const noexcept { return stopped_; }
  const CaptureFile& capture() const noexcept { return capture_; }
  FileOutcome outcome();

 private:
  // A packet that waits for its turn, with the bytes it borrows.
  struct Held {
    std::unique_ptr<std::uint8_t[]> bytes;
    std::size_t size = 0;
    SetPacket packet;
  };
  // An interface of the present section.
  struct Lane {
    Lane() = default;
    Lane(Lane&&) = default;
    Lane& operator=(Lane&&) = default;
    std::deque<Held> held;
    std::uint64_t newest_ns = 0;      // of all its packets that were read
    std::uint64_t newest_offset = 0;  // where the last of them stands
  };

  enum class Step : std::uint8_t { kWanted, kHeld, kEnd };

  Step read_on();
  void note_item(ReadItem item);
  bool note_packet(const PacketView& packet);
  void hold(Lane& lane);
  bool release();
  bool may_go(std::uint64_t time_ns) const noexcept;
  bool told_to_stop() noexcept;
  // The lane of a packet in a file that has to be sorted; null where the order of the file stands.
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
  std::size_t first_interface_ = 0;  // of the present section, as the file counts them
  std::uint64_t held_bytes_ = 0;
  std::size_t held_packets_ = 0;
  Held current_;           // what packet_ borrows from, when it was held
  bool draining_ = false;  // a new section begins: what is held goes first
  bool at_end_ = false;
  bool stopped_ = false;
  std::uint32_t until_stop_check_ = 0;
  std::uint64_t last_statistics_ns_ = 0;
  bool zero_is_a_time_ = false;
};

}  // namespace capstan
