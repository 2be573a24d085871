// RecordReader: the interface between CaptureFile and a file format. One implementation per format:
// pcap_reader.h, pcapng_reader.h.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/block/packet_view.h"
#include "engine/format/recorded_event.h"
#include "engine/reader/capture_items.h"

namespace capstan {

class RecordReader {
 public:
  virtual ~RecordReader() = default;

  // Reads the next item of the file. kPacket: stored in `packet`, with an interface_id that counts
  // through the whole file. After kEnd every call returns kEnd. Allocates only for sections and
  // interfaces.
  [[nodiscard]] virtual ReadItem next_item(PacketView& packet) = 0;

  // Bytes from the start of the file to the item read last.
  virtual std::uint64_t item_offset() const noexcept = 0;

  // The bytes of the item read last, in a pcapng file: a whole block; empty for other formats.
  // Borrowed like the packet. In the byte order of the last section.
  virtual std::span<const std::uint8_t> item_bytes() const noexcept { return {}; }

  // Whether other types of blocks are returned too, as ReadItem::kOther.
  void report_others(bool wanted) noexcept { reports_others_ = wanted; }

  const std::vector<FileSection>& sections() const noexcept { return sections_; }
  const std::vector<FileInterface>& interfaces() const noexcept { return interfaces_; }
  const InterfaceStatistics& statistics() const noexcept { return statistics_; }
  const BlockHead& block_head() const noexcept { return block_head_; }
  const RecordedEvent& event() const noexcept { return event_; }
  const FileClose& file_close() const noexcept { return file_close_; }
  const FileEnd& end() const noexcept { return end_; }

 protected:
  std::vector<FileSection> sections_;
  std::vector<FileInterface> interfaces_;
  InterfaceStatistics statistics_;
  BlockHead block_head_{};
  RecordedEvent event_;
  FileClose file_close_{};
  FileEnd end_;
  bool reports_others_ = false;
};

}  // namespace capstan
