// Shipper: sends the recordings of a directory to a sink, batch by batch, until it is told to end.
//
//     directory -> PendingFiles -> SpoolMaker -> Spool -> Sink
//                                          ShipState: what is behind us
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/clock.h"
#include "tools/common/back_off.h"
#include "tools/ship/pending_files.h"
#include "tools/ship/ship_state.h"
#include "tools/ship/sink.h"
#include "tools/ship/spool_maker.h"

namespace capstan::fleet {

struct ShipperOptions {
  std::string directory;
  SpoolWish spool;             // `eve` and `packing` are the sink's
  std::uint64_t max_rate = 0;  // rows a second; 0: no limit
  bool once = false;           // end when nothing is left
  // How often the recording of a lost spool is tried before the rest of its rows is given up.
  unsigned attempts_without_spool = 10;
};

// Since the start.
struct ShipCounters {
  std::uint64_t files = 0;
  std::uint64_t rows = 0;
  std::uint64_t batches = 0;
  std::uint64_t bytes = 0;           // packed
  std::uint64_t batches_found = 0;   // were there though no answer had said so: not sent again
  std::uint64_t failures = 0;        // attempts that did not work
  std::uint64_t files_refused = 0;   // have no rows: no recordings, compressed ones
  std::uint64_t files_failed = 0;    // could not be read; they are tried again
  std::uint64_t files_gone = 0;      // deleted before all their rows were shipped
  std::uint64_t files_given_up = 0;  // their spool was lost, and they could not be read again
  std::uint64_t files_damaged = 0;   // shipped up to where they break off
  std::uint64_t many_rows = 0;       // conversations that have no row in their index
  std::uint64_t files_waiting = 0;
  std::uint64_t spool_ns = 0;  // time spent making rows
  std::uint64_t send_ns = 0;   // time spent sending them
  std::string trouble;         // why nothing moves; empty: it does
};

class Shipper {
 public:
  // What a person is told, as it happens.
  struct Talk {
    std::function<void(const std::string&)> notice;
    std::function<void(const std::string&)> warning;
    // Called often, also while waiting: progress, signs of life. Must not block.
    std::function<void(const ShipCounters&)> tick;
  };

  // Everything is borrowed.
  Shipper(const ShipperOptions& options, Sink& sink, ShipState& state,
          const std::atomic<bool>& stop, Talk talk);

  // Blocks until `stop`, or with `once` until all is shipped. Returns false when it cannot begin or
  // may not go on: the reason was a warning. Throws std::system_error when the state cannot be
  // saved.
  bool run();

  const ShipCounters& counters() const noexcept { return counters_; }

 private:
  enum class Step : std::uint8_t { kDid, kNothing, kFailed, kEnd };
  enum class Lost : std::uint8_t { kDeleted, kUnreadable };

  static constexpr std::uint64_t kLookNs = 2 * kNanosecondsPerSecond;

  Step step();
  Step open_sink();
  Step send_batch();
  // shipper_files.cc
  void look();
  Step take_file();
  Step take_current();
  SpoolResult make_rows(const PendingFile& file);
  Step make_current(const PendingFile& file);
  Step not_made(const PendingFile& file, const SpoolResult& made);
  void finish_file();
  void save_what_is_done();
  void lose_spool(const std::string& error);
  Step try_current_again(const std::string& reason);
  Step give_current_up(std::string_view reason, Lost lost);

  Step failed(const Answer& answer);
  void wait(std::uint64_t ns);
  void keep_rate(std::uint64_t rows);
  void recover();
  bool tick();

  const ShipperOptions& options_;
  Sink& sink_;
  ShipState& state_;
  const std::atomic<bool>& stop_;
  Talk talk_;
  PendingFiles pending_;
  tools::BackOff back_off_;
  ShipCounters counters_;
  std::optional<Spool> spool_;
  bool open_ = false;
  bool ever_open_ = false;
  bool settled_ = false;
  std::uint64_t next_ = 0;  // batch
  std::uint64_t saved_ns_ = 0;
  bool unsaved_ = false;  // files that are done, in the state but not on the disk
  std::uint64_t looked_ns_ = 0;
  std::string look_trouble_;
  unsigned current_attempts_ = 0;         // to make the lost spool of the current file anew
  std::uint64_t gone_in_the_middle_ = 0;  // of counters_.files_gone
  std::uint64_t rate_ns_ = 0;             // when the next batch may go
};

}  // namespace capstan::fleet
