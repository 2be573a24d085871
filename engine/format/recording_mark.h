// What a file of Capstan's says about its place in a recording, and about its own end:
// RecordingMark at the start, as an option of the Section Header Block; FileClose at the end, as
// the last block. A file that has the first and not the second was cut, or is still being written.
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
  std::uint32_t stripe;       // of the outputs that the packets are spread over, from 1
  std::uint32_t stripes;      // how many outputs there are; 1: this holds all packets of its rings
  std::uint32_t file_number;  // of this output's files, from 1
  std::array<std::uint8_t, 16> id;  // random, the same in every file of one recording
};
static_assert(sizeof(RecordingMark) == 32);

inline constexpr std::uint32_t kRecordingMarkMagic = 0x43505231;  // "CPR1"

// How a file came to its end. The numbers stand in files: they never change.
enum class CloseReason : std::uint32_t {
  kEnded = 1,        // the recording ended
  kTurned = 2,       // the recording goes on in this output's next file
  kDiskRefused = 3,  // the disk took no more; the closing ledger counts what is not here
  kRepaired = 4,     // cut behind its last whole record by a repair: what came after is not known
  kSalvaged = 5,     // the same, and blocks from behind a hole were moved up
};

// The last block of a file, up to its options, of which there is one: opt_comment, a line for
// people.
struct FileClose {
  std::uint32_t type;          // pcapng::kCapstanFileClose
  std::uint32_t total_length;  // bytes
  std::uint32_t magic;         // kFileCloseMagic, the version of this layout
  std::uint32_t reason;        // CloseReason
  std::uint64_t packets;       // in this file
  std::uint64_t timestamp_ns;  // when it was closed or repaired, since 1970
  std::uint64_t cut_bytes;  // by a repair: what stood behind the last whole record, zeros included
};
static_assert(sizeof(FileClose) == 40);

inline constexpr std::uint32_t kFileCloseMagic = 0x43504331;  // "CPC1"

}  // namespace capstan
