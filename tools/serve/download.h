// Download: what the answers that are a pcapng file have in common: their head, and the
// completeness record behind the last byte.
#pragma once

#include <cstdint>
#include <string>

#include "tools/serve/answer.h"
#include "tools/serve/question.h"
#include "writers/recording/packet_file_writer.h"

namespace capstan::serve {

// Begins the answer as a file to be saved.
void begin_download(Answer& answer, const Question& question);
PacketFileOptions download_options(const Question& question);

// The trailers of HTTP (docs/api.md).
struct DownloadEnd {
  std::string word;                    // "yes", "no", "unknown"
  std::string words;                   // lines of the completeness record
  std::uint64_t packets = 0;           // in the answer
  std::uint64_t lost = 0;              // that are known to be lost
  std::uint64_t recorded_from_ns = 0;  // 0: nothing was recorded, or nobody says
};
void finish_download(Answer& answer, const DownloadEnd& end);

}  // namespace capstan::serve
