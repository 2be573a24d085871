#include "tools/query/answer_end.h"

#include <string>
#include <vector>

#include "tools/query/completeness_text.h"
#include "writers/recording/pcapng_copy.h"

namespace capstan::tools {

void finish_answer(PacketFileWriter& writer, PacketCopier& copier, const Completeness& completeness,
                   std::uint64_t last_ns) {
  constexpr std::size_t kLossesInComment = 5;
  copier.finish_interfaces();
  if (writer.format() == PacketFileFormat::kPcapng) {
    const std::string text = completeness_text(completeness, kLossesInComment);
    InterfaceStatistics last;
    last.timestamp_ns = last_ns;
    std::vector<std::uint8_t> block;
    append_statistics_block(block, last, 0, text);
    writer.put_block(block);
    writer.set_comment(text);
  }
  writer.finish();
}

}  // namespace capstan::tools
