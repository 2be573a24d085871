// LossAccount: what a recording says about the packets that are not in it.
//
// Three sources, the strongest that a section has counts: Capstan's ledger (a BlockHead in front of
// every block), Interface Statistics Blocks of other programs, epb_dropcount on single packets.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/block/packet_view.h"
#include "engine/format/block_head.h"
#include "engine/reader/capture_items.h"

namespace capstan::tools {

enum class LossSource : std::uint8_t { kNone, kPacketOptions, kStatistics, kLedger };

// Packets lost between two moments. 0 for a moment that is not known: before the first packet, or
// after the last.
struct LossSpan {
  std::uint32_t source_id = 0;  // the ring of a ledger, otherwise the interface
  std::uint64_t from_ns = 0;
  std::uint64_t to_ns = 0;
  std::uint64_t packets = 0;
};

// One ring within one section, from its first to its last BlockHead there.
struct RingLoss {
  std::uint32_t section = 0;
  std::uint32_t ring = 0;
  std::uint64_t received = 0;  // drops included
  std::uint64_t dropped = 0;
  std::uint64_t freezes = 0;
  std::uint64_t blocks = 0;
};

struct LossReport {
  LossSource source = LossSource::kNone;
  bool whole_file = false;  // every section that has packets has a ledger
  std::uint64_t received = 0;
  std::uint64_t dropped = 0;
  std::uint64_t interface_dropped = 0;  // by the network card, beyond the drops of the rings
  std::uint64_t missing = 0;            // counted by the ledger, not dropped, and not in the file
  std::vector<RingLoss> rings;
  std::vector<LossSpan> spans;
  std::uint64_t spans_omitted = 0;  // beyond kMaxLossSpans
  std::vector<std::string> problems;

  // Proven: a ledger for all of it, and it says nothing is missing.
  bool lossless() const noexcept {
    return whole_file && dropped == 0 && interface_dropped == 0 && missing == 0 && problems.empty();
  }
};

inline constexpr std::size_t kMaxLossSpans = 10'000;

// Fed with everything in file order. One thread.
class LossAccount {
 public:
  void begin_section();
  void add_packet(const PacketView& packet) {
    ++section_packets_;
    ++packets_since_head_;
    if (packet.dropped_before != 0) [[unlikely]]
      add_drop_count(packet);
    last_packet_ns_ = packet.timestamp_ns;
  }
  // `offset`: where in the file it stands.
  void add_head(const BlockHead& head, std::uint64_t offset);
  void add_statistics(const InterfaceStatistics& statistics);

  // Closes the last section. `complete`: the file ended cleanly.
  LossReport finish(bool complete);

 private:
  struct Ring {
    BlockHead last{};
    std::uint64_t packets_before = 0;  // in earlier files of the same recording
    std::uint64_t dropped_before = 0;
    std::uint64_t blocks = 0;
    bool baseline_known = true;
  };
  struct Interface {
    std::uint64_t dropped_by_os = 0;
    std::uint64_t dropped_by_interface = 0;
    std::uint64_t received = 0;
    std::uint64_t at_ns = 0;
    bool counts_drops = false;
  };

  void add_drop_count(const PacketView& packet);
  void add_first_head(Ring& ring, const BlockHead& head);
  void add_span(std::vector<LossSpan>& spans, const LossSpan& span);
  void end_section(bool complete);
  void end_ledger_section(bool complete);
  void end_statistics_section();
  void check_conservation(std::uint64_t expected, bool baselines_known, bool complete);

  LossReport report_;
  std::uint32_t section_ = 0;
  bool in_section_ = false;
  bool all_with_ledger_ = true;
  std::uint64_t section_packets_ = 0;
  std::uint64_t packets_since_head_ = 0;
  std::uint64_t last_packet_ns_ = 0;
  std::uint64_t open_head_packets_ = 0;  // packet_count of the last head
  std::uint64_t open_head_offset_ = 0;
  std::uint64_t uneven_head_offset_ = 0;  // of the first head whose packet_count is wrong; 0: none
  std::uint64_t option_drops_ = 0;
  std::uint64_t sequence_gaps_ = 0;
  bool awaits_drop_count_ = false;  // the first loss of a later file: its packet says how many
  std::map<std::uint32_t, Ring> rings_;
  std::map<std::uint32_t, Interface> interfaces_;
  std::vector<LossSpan> ledger_spans_;
  std::vector<LossSpan> statistics_spans_;
  std::vector<LossSpan> option_spans_;
};

}  // namespace capstan::tools
