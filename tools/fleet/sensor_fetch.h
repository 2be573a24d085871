// SensorFetch: fetches the packets of one sensor from its `capstan serve`, in a thread of its own.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tools/fleet/fleet_file.h"
#include "tools/fleet/fleet_tables.h"
#include "tools/fleet/namesake_search.h"
#include "tools/fleet/sensor_client.h"
#include "tools/fleet/sensor_files.h"
#include "tools/fleet/sensor_result.h"
#include "tools/fleet/spool.h"

namespace capstan::fleet::asking {

// The request, the same for each sensor.
struct SensorQuestion {
  std::string target;  // "/api/v1/query?since=..."
  TimeRange range;
  std::size_t memory_bytes = std::size_t{2} << 20;  // what waits for others beside what is on disk
  std::shared_ptr<SpoolRoom> room = nullptr;        // null: what has to wait may fill the disk
};
// `limit`: packets; 0: none.
SensorQuestion sensor_question(const FleetQuestion& question, std::uint64_t limit);

// Created and used by one thread; the thread that it starts writes to spool() until result() is
// called.
class SensorFetch {
 public:
  // Starts. `files`: what the database says of the sensor, null: nothing. All are borrowed.
  SensorFetch(const FleetFile& fleet, const Sensor& sensor, const SensorQuestion& question,
              const std::vector<TableFile>* files, const std::atomic<bool>& stop);
  // Ends the transfer.
  ~SensorFetch();

  const std::shared_ptr<Spool>& spool() const noexcept { return spool_; }

  // What the one who merges found in the stream.
  struct Read {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
    bool begun = false;              // a pcapng file began
    bool clean = false;              // it ended behind a whole block
    std::string trouble;             // what is wrong with it
    std::uint64_t late_packets = 0;  // that came behind a later one
    std::uint64_t late_by_ns = 0;    // at most
    bool cut_here = false;           // not read to its end, as the user wanted
  };
  // Ends what is still under way, and judges.
  SensorResult result(const Read& read);

 private:
  void run();
  bool must_be_asked();
  bool read_files(SensorFiles& files, bool& moved);
  void fetch();
  void end() noexcept;
  void find_namesakes();
  void note_head(const tools::HttpResponse& head, std::uint64_t asked_ns);
  void judge_end(const Read& read, SensorResult& result) const;
  void judge_trailers(const Read& read, SensorResult& result) const;

  const FleetFile& fleet_;
  const Sensor& sensor_;
  const SensorQuestion& question_;
  const std::vector<TableFile>* files_;
  const std::atomic<bool>& stop_;
  std::shared_ptr<Spool> spool_;
  SensorClient client_;
  NamesakeSearch search_;
  // The thread's, until it is joined.
  SensorResult result_;
  tools::HttpResponse response_;
  bool sent_ = false;     // it sent bytes of its answer
  std::string failed_;    // here, not there
  std::string instance_;  // of the server that answered; empty: it did not say
  std::thread thread_;
};

}  // namespace capstan::fleet::asking
