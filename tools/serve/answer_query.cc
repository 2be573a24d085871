// query: the packets as pcapng, sent as they are found.
#include <fmt/format.h>

#include <algorithm>

#include "tools/query/answer_end.h"
#include "tools/query/completeness_text.h"
#include "tools/serve/answer_fleet.h"
#include "tools/serve/download.h"
#include "tools/serve/endpoints.h"
#include "tools/serve/search.h"
#include "writers/recording/packet_copier.h"

namespace capstan::serve {

void answer_query(Desk& desk, const Inquiry& inquiry, Answer& answer) {
  const Question& question = inquiry.question;
  if (question.fleet) {
    answer_fleet_query(desk, question, answer);
    return;
  }
  Search search(desk.archive, question, answer, desk.limits.seconds);
  begin_download(answer, question);
  PacketFileWriter writer(download_options(question), answer);
  PacketCopier copier(search.set(), CopyOptions{});
  copier.set_writer(writer);
  std::uint64_t last_ns = 0;
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
  const Completeness completeness = search.run(copier, true, [&](const SetPacket& packet) {
    if (count == question.limit) {
      search.end_with(fmt::format("limit={}", question.limit));
      return false;
    }
    if (bytes + packet.packet.caplen > desk.limits.bytes) {
      search.end_with(bytes_limit_text(desk.limits.bytes), true);
      return false;
    }
    ++count;
    bytes += packet.packet.caplen;
    copier.put(packet);
    last_ns = std::max(last_ns, packet.packet.timestamp_ns);
    return !writer.closed();
  });
  tools::finish_answer(writer, copier,
                       tools::completeness_text(completeness, tools::kLossesInComment), last_ns);
  finish_download(answer, {tools::completeness_word(completeness),
                           tools::completeness_text(completeness, 3), count, completeness.lost,
                           completeness.has_packets ? completeness.covered_from_ns : 0});
}

}  // namespace capstan::serve
