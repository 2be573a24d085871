// CaptureFile: reads a recording of any supported format packet by packet. *Start here* for
// reading.
//
// Below it: ByteWindow (the bytes in memory: mapped, or streamed from a pipe or a decompressor),
// and one RecordReader per format, which for pcapng uses PacketWalk, the walker of live blocks.
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

// The kind of file. byte_swapped is that of the first section; sections() has it for each.
struct CaptureFormat {
  enum class Kind : std::uint8_t { kPcap, kPcapng };
  Kind kind = Kind::kPcapng;
  Compression compression = Compression::kNone;
  bool byte_swapped = false;
  bool nanoseconds = false;  // pcap only; in pcapng every interface has its own resolution
  std::string variant;       // pcap only: "modified (Kuznetzov)", "Ixia lcap"; else empty

  // "pcapng", "pcap, nanoseconds", "pcap, modified (Kuznetzov)".
  std::string text() const;
};

enum class ReadManner : std::uint8_t { kOrdinary, kGentle };

// One open recording. Movable, not copyable; one thread. Any bytes can be read: damage ends the
// packets and is described by end(); memory stays bounded.
class CaptureFile {
 public:
  // Opens `path`; "-" is standard input, "tcp:HOST:PORT" reads from a connection (pcap over IP).
  // Uncompressed regular files are mapped. Pipes, compressed files, and files that a recorder is
  // still writing are streamed (a recorder holds flock(2) on its file and truncates it at the end,
  // which would remove pages of a mapping).
  // Throws UsageError when the file does not exist, cannot be opened or is not a capture file; the
  // text names the path and, if possible, what the file is instead.
  // kGentle: nothing is mapped and nothing stays in the page cache (quiet_file.h).
  // `stop`: waiting for a pipe ends when it becomes true. `idle`: called while a pipe or connection
  // sends nothing for a moment (see FdStream).
  static CaptureFile open(const std::string& path, ReadManner manner = ReadManner::kOrdinary,
                          const std::atomic<bool>* stop = nullptr, std::function<void()> idle = {});

  // Reads only these ranges of a regular, uncompressed file. They must be in ascending order, begin
  // and end between records, and include everything that describes sections and interfaces. Gentle.
  static CaptureFile open_ranges(const std::string& path, std::vector<ByteRange> ranges);

  // Reads bytes in memory, which must outlive the CaptureFile. `name` is used in messages.
  static CaptureFile from_bytes(std::span<const std::uint8_t> bytes, const std::string& name);

  // Reads any stream of uncompressed bytes.
  static CaptureFile from_stream(std::unique_ptr<ByteStream> stream, const std::string& name);

  // Gets the next packet; false at the end, which end() describes. Borrowed: with
  // packets_stay_valid() as long as the CaptureFile lives, otherwise until the next call.
  // packet.interface_id is an index into interfaces().
  [[nodiscard]] bool next(PacketView& packet) {
    while (true) {
      const ReadItem item = reader_->next_item(packet);
      if (item == ReadItem::kPacket) return true;
      if (item == ReadItem::kEnd) return false;
    }
  }

  // Gets the next item of any kind, in file order: for code that reads the loss ledger.
  [[nodiscard]] ReadItem next_item(PacketView& packet) { return reader_->next_item(packet); }

  // Bytes from the start of the (decompressed) file to the item read last.
  std::uint64_t item_offset() const noexcept { return reader_->item_offset(); }

  const CaptureFormat& format() const noexcept { return format_; }
  const std::string& name() const noexcept { return name_; }
  std::optional<std::uint64_t> size_bytes() const noexcept { return size_bytes_; }  // on disk
  bool packets_stay_valid() const noexcept { return packets_stay_valid_; }
  // A recorder had the file locked when it was opened.
  bool being_written() const noexcept { return being_written_; }

  // See RecordReader.
  std::span<const std::uint8_t> item_bytes() const noexcept { return reader_->item_bytes(); }
  void report_others(bool wanted) noexcept { reader_->report_others(wanted); }

  // What was found so far; both lists grow while reading.
  const std::vector<FileSection>& sections() const noexcept { return reader_->sections(); }
  const std::vector<FileInterface>& interfaces() const noexcept { return reader_->interfaces(); }

  // Valid after ReadItem::kStatistics, kBlockHead, kEvent and kFileClose, respectively.
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
