// CaptureFile: a recording of any supported kind, read packet by packet. *Start here* for reading.
//
// Beneath it: ByteWindow (the bytes at hand: mapped, or streamed from a pipe or a decompressor),
// then one RecordReader per format, which for pcapng is PacketWalk, the walker of live blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/block/packet_view.h"
#include "engine/reader/byte_stream.h"
#include "engine/reader/byte_window.h"
#include "engine/reader/quiet_file.h"
#include "engine/reader/record_reader.h"

namespace capstan {

// What kind of file it is. The first section's byte order; sections() has that of each.
struct CaptureFormat {
  enum class Kind : std::uint8_t { kPcap, kPcapng };
  Kind kind = Kind::kPcapng;
  Compression compression = Compression::kNone;
  bool byte_swapped = false;
  bool nanoseconds = false;  // pcap only; in pcapng every interface has a resolution of its own
  std::string variant;       // pcap only: "modified (Kuznetzov)", "Ixia lcap"; empty: the ordinary

  // "pcapng", "pcap, nanoseconds", "pcap, modified (Kuznetzov)".
  std::string text() const;
};

enum class ReadManner : std::uint8_t { kOrdinary, kGentle };

// One open recording. Moves, does not copy; one thread. Any bytes can be read: damage ends the
// packets and is named by end(), memory stays bounded.
class CaptureFile {
 public:
  // Opens `path`; "-" is standard input, "tcp:HOST:PORT" what somebody sends there (pcap over IP).
  // Uncompressed regular files are mapped; pipes, compressed files, and files that a recorder still
  // writes to (it holds flock(2) on them, and cuts them at the end, which would pull a mapping's
  // pages away) are streamed.
  // Throws UsageError when there is no such file, it cannot be opened or is no capture file; the
  // text names the path and, where it can, what the file is instead.
  // Gentle: nothing is mapped and nothing stays in the page cache (quiet_file.h).
  // `stop`: what waits for a pipe ends when it becomes true. `idle`: called by whatever reads from
  // a pipe or connection that sends nothing for a moment (FdStream).
  static CaptureFile open(const std::string& path, ReadManner manner = ReadManner::kOrdinary,
                          const std::atomic<bool>* stop = nullptr, std::function<void()> idle = {});

  // Of a regular, uncompressed file only these ranges, in rising order, each at the bounds of
  // records, with all that describes sections and interfaces among them. Gentle.
  static CaptureFile open_ranges(const std::string& path, std::vector<ByteRange> ranges);

  // Bytes in memory, which must outlive the CaptureFile. `name` is for messages.
  static CaptureFile from_bytes(std::span<const std::uint8_t> bytes, const std::string& name);

  // Any stream of uncompressed bytes.
  static CaptureFile from_stream(std::unique_ptr<ByteStream> stream, const std::string& name);

  // The next packet; false at the end, which end() describes. Borrowed: with packets_stay_valid()
  // as long as the CaptureFile lives, otherwise until the next call.
  // packet.interface_id is an index into interfaces().
  [[nodiscard]] bool next(PacketView& packet) {
    while (true) {
      const ReadItem item = reader_->next_item(packet);
      if (item == ReadItem::kPacket) return true;
      if (item == ReadItem::kEnd) return false;
    }
  }

  // The next thing of any kind, in file order: for what reads the loss ledger.
  [[nodiscard]] ReadItem next_item(PacketView& packet) { return reader_->next_item(packet); }

  // Bytes from the start of the (decompressed) file to what was read last.
  std::uint64_t item_offset() const noexcept { return reader_->item_offset(); }

  const CaptureFormat& format() const noexcept { return format_; }
  const std::string& name() const noexcept { return name_; }
  std::optional<std::uint64_t> size_bytes() const noexcept { return size_bytes_; }  // as stored
  bool packets_stay_valid() const noexcept { return packets_stay_valid_; }
  // A recorder had the file locked when it was opened.
  bool being_written() const noexcept { return being_written_; }

  // See RecordReader.
  std::span<const std::uint8_t> item_bytes() const noexcept { return reader_->item_bytes(); }
  void report_others(bool wanted) noexcept { reader_->report_others(wanted); }

  // What was met so far; both grow while reading.
  const std::vector<FileSection>& sections() const noexcept { return reader_->sections(); }
  const std::vector<FileInterface>& interfaces() const noexcept { return reader_->interfaces(); }

  // After ReadItem::kStatistics, kBlockHead, kEvent and kFileClose.
  const InterfaceStatistics& statistics() const noexcept { return reader_->statistics(); }
  const BlockHead& block_head() const noexcept { return reader_->block_head(); }
  const RecordedEvent& event() const noexcept { return reader_->event(); }
  const FileClose& file_close() const noexcept { return reader_->file_close(); }

  const FileEnd& end() const noexcept { return reader_->end(); }

 private:
  CaptureFile(ByteWindow window, const std::string& name);

  std::unique_ptr<RecordReader> reader_;
  CaptureFormat format_;
  std::string name_;
  std::optional<std::uint64_t> size_bytes_;
  bool packets_stay_valid_ = false;
  bool being_written_ = false;
};

}  // namespace capstan
