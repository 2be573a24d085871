// The end of an answer that is a packet file: writes the completeness record into it.
#pragma once

#include <cstdint>

#include "engine/reader/completeness.h"
#include "writers/recording/packet_copier.h"

namespace capstan::tools {

// Bytes reserved for the record in the head of the output: a few lines.
inline constexpr std::uint16_t kCompletenessRoomBytes = 2048;

// Writes the record as the comment of the last block and, where the file allows it
// (PacketFileWriter), of the section; then finishes the writer. `last_ns`: timestamp of the last
// packet.
void finish_answer(PacketFileWriter& writer, PacketCopier& copier, const Completeness& completeness,
                   std::uint64_t last_ns);

}  // namespace capstan::tools
