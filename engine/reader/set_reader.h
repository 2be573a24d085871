// SetReader: the packets of a RecordingSet as one stream in the order of their time, in bounded
// memory. *Start here* for reading more than one file.
//
// Beneath it: a FileCursor a file (file_cursor.h), opened when its time comes, closed at its end,
// put in order by PacketOrder.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/block/packet_order.h"
#include "engine/reader/capture_file.h"
#include "engine/reader/loss_account.h"
#include "engine/reader/recording_set.h"

namespace capstan {

// From `since_ns` on, and before `until_ns`. Nanoseconds since 1970.
struct TimeRange {
  std::uint64_t since_ns = 0;
  std::uint64_t until_ns = ~std::uint64_t{0};
  bool contains(std::uint64_t ns) const noexcept { return ns >= since_ns && ns < until_ns; }
  // Something of what lasts from first_ns to last_ns, both included, may lie in it.
  bool overlaps(std::uint64_t first_ns, std::uint64_t last_ns) const noexcept {
    return first_ns < until_ns && last_ns >= since_ns;
  }
  bool limited() const noexcept { return since_ns != 0 || until_ns != ~std::uint64_t{0}; }
};

// One packet of the stream. Borrowed until the next call.
struct SetPacket {
  PacketView packet;
  std::span<const std::uint8_t> block;  // the whole pcapng block; empty for other formats
  std::uint64_t offset = 0;             // where it stands in the (decompressed) file
  std::uint32_t file = 0;               // index into the set's files
  bool byte_swapped = false;            // the order of `block`
};

// What an index says of a file before it is opened.
struct FilePlan {
  bool skip = false;  // nothing of it can be wanted
  // What of the file has to be read; none: all of it.
  std::optional<std::vector<ByteRange>> ranges;
  // With `skip` or `ranges`: what the whole file has lost, and its times. Unless loss_known, what
  // the ranges say of losses counts.
  bool loss_known = true;
  LossReport loss;
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
};

// What is told while files are read: interfaces before the packets of them, everything else where
// the reader meets it, which may be a little before packets of the same time are handed out.
class SetListener {
 public:
  virtual ~SetListener() = default;
  // `item` is none of kPacket and kEnd. capture.item_bytes() is the block.
  virtual void on_item(std::uint32_t file, ReadItem item, const CaptureFile& capture) = 0;
};

struct SetReaderOptions {
  TimeRange range;
  ReadManner manner = ReadManner::kGentle;
  // Which packets within the range are wanted; empty: all. May throw UsageError.
  std::function<bool(const PacketView&)> accept;
  SetListener* listener = nullptr;
  bool report_others = false;  // ReadItem::kOther too
  // Empty: every file is read. Asked for every file in the order of the set, and again for what is
  // to be read when its turn comes.
  std::function<FilePlan(const SetFile& file)> plan;
  const std::atomic<bool>* stop = nullptr;  // ends the stream when true
};

// What came of one file.
struct FileOutcome {
  enum class State : std::uint8_t {
    kNotReached,  // the stream was left before its turn
    kIgnored,     // no capture file; it was not named
    kUnreadable,  // error
    kRead,        // to where `end` says
    kPlanned,     // by its index: read in parts, or not at all
  };
  State state = State::kNotReached;
  std::string error;
  FileEnd end;
  bool being_written = false;
  std::uint64_t packets = 0;   // read, whatever became of them
  std::uint64_t first_ns = 0;  // the earliest and the latest of them; 0 without a packet
  std::uint64_t last_ns = 0;
  std::uint64_t bytes = 0;  // of the (decompressed) file that were read
  LossReport loss;
};

class FileCursor;

// One thread. Throws what CaptureFile throws for files that were named, UsageError when `accept`
// does, and std::system_error; files found in directories never end the stream.
class SetReader {
 public:
  // Looks into the start of every file for the time of its first packet, where no plan says it.
  SetReader(const RecordingSet& set, SetReaderOptions options);
  ~SetReader();
  SetReader(const SetReader&) = delete;
  SetReader& operator=(const SetReader&) = delete;

  // The next packet that is wanted; false at the end, or when it was stopped.
  [[nodiscard]] bool next(SetPacket& packet);

  // True when the stream ended because of options.stop, were it before the first packet.
  bool stopped() const noexcept { return stopped_; }

  const RecordingSet& set() const noexcept { return set_; }
  // One for each file, complete for a file when the stream has passed it. finish() completes those
  // being read.
  const std::vector<FileOutcome>& outcomes() const noexcept { return outcomes_; }
  void finish();

 private:
  void look_into(std::uint32_t file);
  bool is_planned(std::uint32_t file);
  void leave_planned(std::uint32_t file, FilePlan plan);
  bool open(std::uint32_t file);
  void close(std::uint32_t file);
  void note_unreadable(std::uint32_t file, const std::string& error);

  const RecordingSet set_;
  const SetReaderOptions options_;
  std::vector<FileOutcome> outcomes_;
  std::vector<std::unique_ptr<FileCursor>> cursors_;  // null: not open
  PacketOrder order_;
  bool has_current_ = false;  // the first of order_ was handed out
  bool stopped_ = false;
};

}  // namespace capstan
