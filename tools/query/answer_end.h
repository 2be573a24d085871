// The end of an answer that is a file of packets: the completeness record goes into it.
#pragma once

#include <cstdint>

#include "engine/reader/completeness.h"
#include "writers/recording/packet_copier.h"

namespace capstan::tools {

// Room for the record in the head of the output: a few lines.
inline constexpr std::uint16_t kCompletenessRoomBytes = 2048;

// The record as the comment of the last block, and where the file allows it (PacketFileWriter) of
// the section; then the writer is finished. `last_ns`: of the packets in it.
void finish_answer(PacketFileWriter& writer, PacketCopier& copier, const Completeness& completeness,
                   std::uint64_t last_ns);

}  // namespace capstan::tools
