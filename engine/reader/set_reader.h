// SetReader: the packets of a RecordingSet as one stream in time order, in bounded memory. *Start
// here* for reading more than one file.
//
// Below it: one FileCursor per file (file_cursor.h), opened when its time comes and closed at its
// end. PacketOrder brings them into order.
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

// From `since_ns` (included) to `until_ns` (not included; but without a limit also the last time
// that there is, which stands for all later ones), in nanoseconds since 1970.
struct TimeRange {
  static constexpr std::uint64_t kNoEnd = ~std::uint64_t{0};
  std::uint64_t since_ns = 0;
  std::uint64_t until_ns = kNoEnd;
  bool contains(std::uint64_t ns) const noexcept {
    return ns >= since_ns && (ns < until_ns || until_ns == kNoEnd);
  }
  // Whether part of a period from first_ns to last_ns, both included, may be in the range.
  bool overlaps(std::uint64_t first_ns, std::uint64_t last_ns) const noexcept {
    return (first_ns < until_ns || until_ns == kNoEnd) && last_ns >= since_ns;
  }
  bool limited() const noexcept { return since_ns != 0 || until_ns != kNoEnd; }
};

// One packet of the stream. Borrowed until the next call.
struct SetPacket {
  PacketView packet;
  std::span<const std::uint8_t> block;  // the whole pcapng block; empty for other formats
  std::uint64_t offset = 0;             // position in the (decompressed) file
  std::uint32_t file = 0;               // index into the set's files
  bool byte_swapped = false;            // byte order of `block`
};

// What the index of a file says before the file is opened.
struct FilePlan {
  bool skip = false;  // no packet of the file can be requested
  // Which parts of the file have to be read; nullopt: all of it.
  std::optional<std::vector<ByteRange>> ranges;
  // With `skip` or `ranges`: the losses of the whole file, and its times. If loss_known is false,
  // the losses found in the ranges are used instead.
  bool loss_known = true;
  LossReport loss;
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
};

// Is called with items while files are read: interfaces before their packets, everything else when
// the reader finds it, which may be slightly before packets of the same time are returned.
class SetListener {
 public:
  virtual ~SetListener() = default;
  // `item` is never kPacket or kEnd. capture.item_bytes() is the block.
  virtual void on_item(std::uint32_t file, ReadItem item, const CaptureFile& capture) = 0;
};

struct SetReaderOptions {
  TimeRange range;
  ReadManner manner = ReadManner::kGentle;
  // Which packets in the range are requested; empty: all of them. May throw UsageError.
  std::function<bool(const PacketView&)> accept;
  SetListener* listener = nullptr;
  bool report_others = false;  // report ReadItem::kOther too
  // Empty: every file is read. Called for every file in the order of the set, and again for a file
  // that is to be read, when its turn comes.
  std::function<FilePlan(const SetFile& file)> plan;
  const std::atomic<bool>* stop = nullptr;  // ends the stream when true
};

// What happened with one file.
struct FileOutcome {
  enum class State : std::uint8_t {
    kNotReached,  // the stream ended before its turn
    kIgnored,     // not a capture file, and not named by the user
    kUnreadable,  // see `error`
    kRead,        // up to the place that `end` describes
    kPlanned,     // according to its index: read in parts, or not at all
  };
  State state = State::kNotReached;
  std::string error;
  FileEnd end;
  bool being_written = false;
  std::uint64_t packets = 0;   // packets read, requested or not
  std::uint64_t first_ns = 0;  // the earliest and the latest of them; 0 without a packet
  std::uint64_t last_ns = 0;
  std::uint64_t bytes = 0;  // bytes of the (decompressed) file that were read
  LossReport loss;
};

class FileCursor;

// One thread. Throws what CaptureFile throws for files that the user named, UsageError if `accept`
// does, and std::system_error; files found in directories never end the stream.
class SetReader {
 public:
  // Reads the start of each file to learn the time of its first packet, unless its plan has that
  // time.
  SetReader(const RecordingSet& set, SetReaderOptions options);
  ~SetReader();
  SetReader(const SetReader&) = delete;
  SetReader& operator=(const SetReader&) = delete;

  // Gets the next requested packet; false at the end, or when it was stopped.
  [[nodiscard]] bool next(SetPacket& packet);

  // True when the stream ended because of options.stop, even if that was before the first packet.
  bool stopped() const noexcept { return stopped_; }

  const RecordingSet& set() const noexcept { return set_; }
  // One per file; it is complete when the stream has passed the file. finish() completes those of
  // files still being read.
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
  bool has_current_ = false;  // the first packet of order_ has been returned
  bool stopped_ = false;
};

}  // namespace capstan
