// The end of an answer that is a packet file: writes the completeness record into it.
#pragma once

#include <cstdint>
#include <string_view>

#include "writers/recording/packet_copier.h"

namespace capstan::tools {

// Bytes reserved for the record in the head of the output: a few lines.
inline constexpr std::uint16_t kCompletenessRoomBytes = 2048;
// Losses that are named in it.
inline constexpr std::size_t kLossesInComment = 5;

// Writes the record (completeness_text()) as the comment of the last block and, where the file
// allows it (PacketFileWriter), of the section; then finishes the writer. `last_ns`: timestamp of
// the last packet.
void finish_answer(PacketFileWriter& writer, PacketCopier& copier, std::string_view record,
                   std::uint64_t last_ns);

}  // namespace capstan::tools
