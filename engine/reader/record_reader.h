// RecordReader: what CaptureFile asks of a file format. One implementation per format:
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

  // The next thing in the file. kPacket: in `packet`, whose interface_id counts through the whole
  // file. After kEnd it stays at kEnd. Allocates only for sections and interfaces.
  [[nodiscard]] virtual ReadItem next_item(PacketView& packet) = 0;

  // Bytes from the start of the file to the item last read.
  virtual std::uint64_t item_offset() const noexcept = 0;

  // The item last read as it stands in a pcapng file, a whole block; empty for other formats.
  // Borrowed as the packet is. In the byte order of the last section.
  virtual std::span<const std::uint8_t> item_bytes() const noexcept { return {}; }

  // Whether blocks that are none of the others are handed out too, as ReadItem::kOther.
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
