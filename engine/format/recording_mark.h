// What a file written by Capstan says about its place in a recording and about its own end:
// RecordingMark at the start, as an option of the Section Header Block; FileClose at the end, as
// the last block. A file that has the first but not the second was cut, or is still being written.
//
// Encoded by writers/recording/pcapng_format.cc, read by engine/reader/pcapng_blocks.cc, described
// byte by byte in docs/format.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/format/pcapng.h"

namespace capstan {

// The value of option pcapng::kOptCapstanRecording, in the byte order of the section.
struct RecordingMark {
  std::uint32_t magic;        // kRecordingMarkMagic, the version of this layout
  std::uint32_t stripe;       // number, from 1, of this output among those that share the packets
  std::uint32_t stripes;      // number of such outputs; 1: this one has all packets of its rings
  std::uint32_t file_number;  // number of this file among this output's files, from 1
  // Random, the same in all files of one recording; zeros: of none.
  std::array<std::uint8_t, 16> id;

  bool operator==(const RecordingMark&) const = default;
};
static_assert(sizeof(RecordingMark) == 32);

inline constexpr std::uint32_t kRecordingMarkMagic = 0x43505231;  // "CPR1"

// Why a file ended. The numbers are stored in files and never change.
enum class CloseReason : std::uint32_t {
  kEnded = 1,        // the recording ended
  kTurned = 2,       // the recording continues in this output's next file
  kDiskRefused = 3,  // the disk accepted no more; the closing ledger counts what is missing
  kRepaired = 4,     // a repair cut it after the last complete record: what followed is not known
  kSalvaged = 5,     // the same, and blocks after a hole were moved to close it
};

// The last block of a file, up to its options. It has one option: opt_comment, a line of text for
// people.
struct FileClose {
  std::uint32_t type;          // pcapng::kCapstanFileClose
  std::uint32_t total_length;  // bytes
  std::uint32_t magic;         // kFileCloseMagic, the version of this layout
  std::uint32_t reason;        // CloseReason
  std::uint64_t packets;       // number of packets in this file
  std::uint64_t timestamp_ns;  // when it was closed or repaired, in nanoseconds since 1970
  std::uint64_t cut_bytes;     // by a repair: bytes after the last complete record, including zeros
};
static_assert(sizeof(FileClose) == 40);

inline constexpr std::uint32_t kFileCloseMagic = 0x43504331;  // "CPC1"

}  // namespace capstan
