// What a capture file contains besides packets, independent of its format and byte order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/format/block_head.h"
#include "engine/format/recording_mark.h"
#include "engine/reader/timestamp_scale.h"

namespace capstan {

// An interface that a file describes: an Interface Description Block, or the only interface of a
// pcap file.
struct FileInterface {
  std::uint32_t section = 0;  // index of its section in the file
  std::uint16_t link_type = 0;
  std::uint32_t snaplen = 0;  // bytes; 0: unlimited
  std::string name;           // empty when the file does not say; the same for the next three
  std::string description;
  std::string filter;
  std::string os;
  TimestampScale timestamps;
};

// A section of a pcapng file; a pcap file is one section.
struct FileSection {
  std::uint64_t offset = 0;   // bytes from the start of the file
  bool byte_swapped = false;  // the opposite of this machine's byte order
  std::uint16_t version_major = 0;
  std::uint16_t version_minor = 0;
  std::string hardware;
  std::string os;
  std::string application;
  std::string comment;
  std::optional<RecordingMark> recording;  // its place in a recording, if Capstan wrote it
};

// An Interface Statistics Block (draft-ietf-opsawg-pcapng section 4.6). Counts since the start of
// the capture; those that the file does not have are empty.
struct InterfaceStatistics {
  std::uint32_t interface_id = 0;  // index within the whole file
  std::uint64_t timestamp_ns = 0;
  std::optional<std::uint64_t> start_ns;
  std::optional<std::uint64_t> end_ns;
  std::optional<std::uint64_t> interface_received;
  std::optional<std::uint64_t> interface_dropped;
  std::optional<std::uint64_t> filter_accepted;
  std::optional<std::uint64_t> os_dropped;
  std::optional<std::uint64_t> user_delivered;
};

// The kind of item that next_item() of a reader found.
enum class ReadItem : std::uint8_t {
  kPacket,
  kSection,     // sections().back()
  kInterface,   // interfaces().back()
  kStatistics,  // statistics()
  kBlockHead,   // block_head(): Capstan's loss ledger
  kEvent,       // event(): something that happened to a link
  kOther,       // a pcapng block of another type, only on request: item_bytes()
  kFileClose,   // file_close(): the file is complete, or was repaired
  kEnd,         // end()
};

// How a file ended.
struct FileEnd {
  enum class Kind : std::uint8_t {
    kNotYet,    // packets may follow
    kClean,     // at the end of a record
    kCutShort,  // within a record, or in the zeros of a file that was being written
    kDamaged,   // the bytes there are not a record
    kFailed,    // reading or decompressing failed
  };
  Kind kind = Kind::kNotYet;
  // Bytes from the start of the (decompressed) file to the end of the last good record.
  std::uint64_t offset = 0;
  std::string reason;     // a phrase, empty at a clean end
  bool in_zeros = false;  // kCutShort: the bytes there are zeros, not part of a record

  bool clean() const noexcept { return kind == Kind::kClean; }
  // "cut short at byte 4096: ..."; empty at a clean end.
  std::string text() const;
};

}  // namespace capstan
