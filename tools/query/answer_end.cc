#include "tools/query/answer_end.h"

#include <vector>

#include "writers/recording/pcapng_copy.h"

namespace capstan::tools {

void finish_answer(PacketFileWriter& writer, PacketCopier& copier, std::string_view record,
                   std::uint64_t last_ns) {
  copier.finish_interfaces();
  if (writer.format() == PacketFileFormat::kPcapng) {
    InterfaceStatistics last;
    last.timestamp_ns = last_ns;
    std::vector<std::uint8_t> block;
    append_statistics_block(block, last, 0, record);
    writer.put_block(block);
    writer.set_comment(record);
  }
  writer.finish();
}

}  // namespace capstan::tools
