// FleetReader: the packets of all sensors as one stream in the order of time.
//
//     SensorFetch --Spool--> CaptureFile --+
//     SensorFetch --Spool--> CaptureFile --+--> PacketOrder --> next()
//
// One thread a sensor fetches; the caller's reads what came and merges.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "engine/block/packet_order.h"
#include "engine/reader/capture_file.h"
#include "engine/reader/set_reader.h"
#include "tools/fleet/fleet_file.h"
#include "tools/fleet/fleet_tables.h"
#include "tools/fleet/sensor_fetch.h"

namespace capstan::fleet::asking {

// When a question ends early.
struct FleetEnds {
  const std::atomic<bool>& asking;   // no sensor is asked any longer; what has come is still given
  const std::atomic<bool>& reading;  // nothing more is wanted
};

// One thread. All arguments are borrowed.
class FleetReader {
 public:
  // Asks all sensors at once. `tables`: null: there is no database, or it did not answer.
  FleetReader(const FleetFile& fleet, const SensorQuestion& question, const TableAnswer* tables,
              SetListener& listener, const FleetEnds& ends);

  // Gets the next packet; packet.file is the number of the sensor in the fleet. Waits for the
  // slowest sensor, at most for its limit without a byte. False at the end, or when nothing more is
  // wanted.
  [[nodiscard]] bool next(SetPacket& packet);

  // Ends what is under way, and tells what became of each sensor, in the fleet's order. To be
  // called once.
  std::vector<SensorResult> finish();

 private:
  struct Lane {
    std::unique_ptr<SensorFetch> fetch;
    std::optional<CaptureFile> capture;
    PacketView packet;
    SensorFetch::Read read;
    std::uint64_t newest_ns = 0;  // of its packets
    bool ended = false;
  };
  void open(std::size_t lane);
  bool advance(std::size_t lane);
  static void note_time(Lane& lane);

  SetListener& listener_;
  const FleetEnds ends_;
  SensorQuestion question_;
  std::vector<Lane> lanes_;
  PacketOrder order_;
  bool begun_ = false;
  bool has_current_ = false;  // the first packet of order_ has been returned
};

}  // namespace capstan::fleet::asking
