// LossAccount: what a recording says about packets that are missing from it, and how far that is
// proved.
//
// There are three sources; in each section the strongest available one is used: Capstan's ledger (a
// BlockHead in front of every block, docs/format.md), Interface Statistics Blocks of other
// programs, epb_dropcount of single packets.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/block/packet_view.h"
#include "engine/format/block_head.h"
#include "engine/format/recording_place.h"
#include "engine/reader/capture_items.h"

namespace capstan {

class CaptureFile;

enum class LossSource : std::uint8_t { kNone, kPacketOptions, kStatistics, kLedger };

// How far the account of losses is reliable. In ascending order of strength.
enum class LossProof : std::uint8_t {
  kUnknown,     // there are no counts, or not for the whole file
  kUpToItsEnd,  // up to the last byte of the file; it is not known whether more should follow
  kProved,      // for everything that belongs in the file: its closing ledger is present and agrees
};

// Packets lost between two times. 0 for an unknown time: before the first packet or after the last.
struct LossSpan {
  std::uint32_t source_id = 0;  // the ring of a ledger, or else the interface
  std::uint64_t from_ns = 0;
  std::uint64_t to_ns = 0;
  std::uint64_t packets = 0;
};

// One ring within one section, from its first to its last BlockHead there. In a stripe, received
// and dropped are those of all stripes, while packets are those of this stripe.
struct RingLoss {
  std::uint32_t section = 0;
  std::uint32_t ring = 0;
  std::uint64_t received = 0;  // including drops
  std::uint64_t dropped = 0;
  std::uint64_t packets = 0;  // number that belong in this file
  std::uint64_t freezes = 0;
  std::uint64_t blocks = 0;
};

struct LossReport {
  LossSource source = LossSource::kNone;
  bool whole_file = false;  // every section with packets has a ledger
  LossProof proof = LossProof::kUnknown;
  std::string proof_reason;  // why the proof goes as far as that: a phrase
  std::uint64_t received = 0;
  std::uint64_t dropped = 0;
  std::uint64_t interface_dropped = 0;  // by the network card, beyond the drops of the rings
  // The same by interface, of those that have a name.
  std::map<std::string, std::uint64_t> interface_drops;
  std::uint64_t missing = 0;  // counted by the ledger, not dropped, and not in the file
  bool disk_refused = false;  // why they are missing, as the recorder says in the file
  std::uint32_t stripe = 1;   // of the file's last section
  std::uint32_t stripes = 1;
  // Of the last section, as is the next one. None for what `query` and `merge` copied.
  std::optional<RecordingPlace> recording;
  // There is more than one such place in the file, or who read it was not told.
  bool place_unknown = false;
  std::optional<CloseReason> close_reason;
  bool has_closing_ledger = false;  // in the last section that has a ledger
  std::vector<RingLoss> rings;
  std::vector<LossSpan> spans;
  std::uint64_t spans_omitted = 0;  // number of spans beyond kMaxLossSpans
  std::vector<std::string> problems;

  // Losses are known.
  bool lossy() const noexcept {
    return dropped != 0 || interface_dropped != 0 || missing != 0 || !problems.empty();
  }
  // Proved: a ledger covers the whole file and says that nothing is missing.
  bool lossless() const noexcept { return proof == LossProof::kProved && !lossy(); }
};

inline constexpr std::size_t kMaxLossSpans = 10'000;

// How the file of this account ended.
struct FileState {
  bool ends_cleanly = true;
  bool being_written = false;
};

// Pass in everything in file order. One thread.
class LossAccount {
 public:
  void begin_section(const FileSection& section = {});
  void add_interface(const FileInterface& interface);
  void add_packet(const PacketView& packet) {
    ++section_packets_;
    ++packets_since_head_;
    if (packet.dropped_before != 0 || open_span_) [[unlikely]]
      add_drop_count(packet);
    last_packet_ns_ = packet.timestamp_ns;
  }
  // Packets of which only the number is known: no loss ends with one of them.
  void add_packets(std::uint64_t count) noexcept {
    section_packets_ += count;
    packets_since_head_ += count;
  }
  // `offset`: where in the file it stands.
  void add_head(const BlockHead& head, std::uint64_t offset);
  // Of an interface of this name; empty: it has none.
  void add_statistics(const InterfaceStatistics& statistics, const std::string& interface_name);
  void add_close(const FileClose& close);

  // What `file` has just read, unless it is a packet: calls the function above that belongs to
  // `item`, if there is one. `offset`: as in add_head().
  void add_item(ReadItem item, const CaptureFile& file, std::uint64_t offset);

  // Ends the last section and returns the report.
  LossReport finish(const FileState& state);

 private:
  // More rings or interfaces in one section than any recording has: what a hostile file can cost.
  static constexpr std::size_t kMaxSources = 4096;

  struct Ring {
    BlockHead last{};
    // Counts from before this file.
    std::uint64_t received_before = 0;
    std::uint64_t dropped_before = 0;
    std::uint64_t packets_before = 0;
    std::uint64_t blocks = 0;
    bool baseline_known = true;
    bool closed = false;  // the last head has only counts, and is followed by statistics
  };
  struct Interface {
    std::string name;
    std::uint64_t dropped_by_os = 0;
    std::uint64_t dropped_by_interface = 0;
    std::uint64_t received = 0;
    std::uint64_t at_ns = 0;
    bool counts_drops = false;
  };

  void add_drop_count(const PacketView& packet);
  void add_first_head(Ring& ring, const BlockHead& head);
  void add_later_head(Ring& ring, const BlockHead& head);
  void add_span(std::vector<LossSpan>& spans, const LossSpan& span);
  void end_section(const FileState& state);
  void end_place();
  void end_ledger_section(const FileState& state);
  void end_statistics_section();
  void add_interface_drops();
  void check_conservation(std::uint64_t expected, bool baselines_known, const FileState& state);
  std::optional<CloseReason> close_reason() const noexcept;
  void weaken_proof(LossProof proof, std::string reason);
  void judge_proof(const FileState& state);
  bool has_closing_ledger() const;
  bool is_old_stripe() const noexcept { return stripes_ > 1 && !mark_; }

  LossReport report_;
  std::uint32_t section_ = 0;
  bool in_section_ = false;
  bool all_with_ledger_ = true;
  bool proof_begun_ = false;
  std::optional<RecordingMark> mark_;  // of the present section
  std::uint32_t stripe_ = 1;
  std::uint32_t stripes_ = 1;
  std::optional<FileClose> close_;  // the last FileClose that no block head follows
  std::uint64_t packets_at_close_ = 0;
  std::uint64_t section_interfaces_ = 0;
  // Of the first interface of the section.
  std::string first_interface_;
  RingOfInterface first_ring_;
  std::optional<RecordingPlace> last_place_;  // of the sections before this one
  std::uint64_t section_packets_ = 0;
  std::uint64_t packets_since_head_ = 0;
  std::uint64_t last_packet_ns_ = 0;
  std::uint64_t open_head_packets_ = 0;  // packet_count of the last head
  std::uint64_t open_head_offset_ = 0;
  std::uint64_t uneven_head_offset_ = 0;  // of the first head with a wrong packet_count; 0: none
  std::uint64_t option_drops_ = 0;
  std::uint64_t sequence_gaps_ = 0;
  bool awaits_drop_count_ = false;  // a later file's first loss: the next drop count is its size
  bool open_span_ = false;          // the last ledger span ends at the next packet's time
  std::optional<std::uint32_t> closing_ring_;  // ring of the last head, if that has only counts
  std::map<std::uint32_t, Ring> rings_;
  std::map<std::uint32_t, Interface> interfaces_;
  std::vector<LossSpan> ledger_spans_;
  std::vector<LossSpan> statistics_spans_;
  std::vector<LossSpan> option_spans_;
};

}  // namespace capstan
