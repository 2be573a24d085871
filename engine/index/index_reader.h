// IndexReader: the conversations of one recording, found without reading it. *Start here* for what
// searches recordings.
//
// An index narrows and never decides: a caller reads the blocks it is told of and filters their
// packets. Any refusal, at opening or later, means: read the recording as if it had no index.
// The format: docs/format-index.md. Made by index_builder.h.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/index/file_identity.h"
#include "engine/index/index_format.h"
#include "engine/index/index_row.h"

namespace capstan {

// "NAME.pcapng" to "NAME.pcapng.cidx".
std::string index_path_of(const std::string& recording_path);

// A piece of the recording, about 1 MiB, that begins and ends between two records: it can be read
// alone with the interfaces described in front of it in its section.
struct IndexBlock {
  std::uint64_t offset = 0;  // bytes from the start of the recording
  std::uint64_t length_bytes = 0;
  std::uint64_t first_ns = 0;  // the earliest and the latest packet; 0 without packets
  std::uint64_t last_ns = 0;
  std::uint64_t packets = 0;
  std::uint32_t section = 0;     // index into IndexReader::sections()
  std::uint32_t interfaces = 0;  // how many interfaces of that section are described before it
  std::uint32_t ring = 0;        // of the last block head within; 0 without
  // What the block heads within add to the ledger of their rings: packets handed to the sockets
  // and, of those, lost. 0 where there is no ledger.
  std::uint64_t received = 0;
  std::uint64_t dropped = 0;
  // Between which times the lost ones are missing; both 0 without losses. An open end is ~0.
  std::uint64_t loss_begin_ns = 0;
  std::uint64_t loss_end_ns = 0;
  // Not indexed: the rows tell nothing about this block.
  bool skipped = false;
  // Conversations of this block that have no rows (a scan), how many at least; and packets of such,
  // each counted with the first block of its conversation.
  std::uint64_t many_rows = 0;
  std::uint64_t many_packets = 0;
  std::uint64_t many_bytes = 0;

  // The block has to be read whatever is searched for.
  bool always() const noexcept { return skipped || many_rows != 0; }
};

// An interface of the recording: where its description lies in the file.
struct IndexInterface {
  std::uint64_t offset = 0;  // of the Interface Description Block; in a pcap file of the file head
  std::uint32_t length_bytes = 0;
  std::uint16_t link_type = 0;
};

struct IndexSection {
  std::uint64_t offset = 0;  // of the Section Header Block
  std::vector<IndexInterface> interfaces;
};

struct IndexSummary {
  std::uint32_t version = 0;
  FileIdentity recording;
  bool pcap = false;             // classic pcap: one section, one interface
  bool whole = false;            // the recording was read up to a clean end
  std::uint64_t end_offset = 0;  // of the last record that could be read
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  // on the wire
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
  bool in_time_order = false;  // no packet is older than the one before it
  bool has_ledger = false;     // block heads say what was lost
  // The ledger does not agree with the packets, or is not of all sections: only the recording says
  // what was lost.
  bool ledger_disputed = false;
  std::uint64_t interface_dropped = 0;  // with a ledger: LossReport's
  std::uint64_t missing = 0;            // the same
  std::uint64_t received = 0;
  std::uint64_t dropped = 0;
  std::uint32_t blocks = 0;
  std::uint32_t skipped_blocks = 0;
  std::uint32_t many_blocks = 0;  // blocks with conversations that have no rows
  std::uint64_t many_rows = 0;    // those conversations, at least
  std::uint64_t many_packets = 0;
  std::uint32_t rows = 0;
};

// What to look up. The first key_bytes(kind) of `value` count, big-endian as in packets.
struct IndexKey {
  KeyKind kind = KeyKind::kAddress4;
  std::array<std::uint8_t, 16> value{};
};

// All keys of one kind in [low, high], both included. A prefix is such a range.
struct KeyRange {
  IndexKey low;
  std::array<std::uint8_t, 16> high{};

  static KeyRange exactly(const IndexKey& key) noexcept { return {key, key.value}; }
  static KeyRange address(std::uint8_t ip_version, const Address& address,
                          std::uint32_t prefix_bits, bool inner = false) noexcept;
  static KeyRange number(KeyKind kind, std::uint64_t low, std::uint64_t high) noexcept;
  static KeyRange mac(const MacAddress& address) noexcept;
  // Of one kind of tunnel, ids in [low_id, high_id].
  static KeyRange tunnel(TunnelKind kind, std::uint64_t low_id, std::uint64_t high_id) noexcept;
};

// A set of rows, as ids in ascending order.
using RowIds = std::vector<std::uint32_t>;

// An index opened for reading. Reads pages as they are needed, checks the checksum of each, and
// keeps the last few. Moves, does not copy; one thread. Never throws but std::bad_alloc.
class IndexReader {
 public:
  struct Opened;

  // Opens the index at `path` and checks that it is of `recording`: its digest is compared unless
  // inode and time of change are those of the index; where it is needed and not there, the index is
  // refused.
  static Opened open(const std::string& path, const FileIdentity& recording);
  // The index beside a recording, by the recording's path. Looks at the bytes of the recording only
  // where inode and time of change do not say that it is the same file: a directory of ten thousand
  // is opened without touching the recordings.
  static Opened open_beside(const std::string& recording_path);
  // An index in memory, which must outlive the reader. Any bytes.
  static Opened from_bytes(std::span<const std::uint8_t> bytes, const FileIdentity& recording);
  // Without asking which file it is of: for `capstan index --check` and tools.
  static Opened open_unchecked(const std::string& path);
  static Opened from_bytes_unchecked(std::span<const std::uint8_t> bytes);

  IndexReader(IndexReader&&) noexcept;
  IndexReader& operator=(IndexReader&&) noexcept;
  ~IndexReader();

  const IndexSummary& summary() const noexcept;
  const std::vector<IndexSection>& sections() const noexcept;

  // All blocks, in the order of the file; they cover every packet of it. Read at the first call.
  // nullptr: damaged, see error(); as with all below.
  const std::vector<IndexBlock>* blocks();

  // The row, without its blocks.
  [[nodiscard]] bool read_row(std::uint32_t id, IndexRow& row);
  // The row's blocks, ascending.
  [[nodiscard]] bool read_row_blocks(std::uint32_t id, std::vector<std::uint32_t>& blocks);
  // Every row in order, with its blocks; `visit` returns false to end it. Reads whole pages, one
  // after another: the fast way to see many rows.
  using RowVisitor = std::function<bool(const IndexRow&, const std::vector<std::uint32_t>& blocks)>;
  [[nodiscard]] bool for_each_row(const RowVisitor& visit);

  // Adds to `rows` (sorted, each once) those with a key in `range`. Two page reads for one key that
  // is not common; a key that most rows have costs a pass over the rows.
  [[nodiscard]] bool find(const KeyRange& range, RowIds& rows);
  // Adds those for which keys of this kind are not known (row_flag): they may match anything. What
  // find() and this leave out has no such field where filter programs look for it after they have
  // compared what stands in front: the ethertype for addresses and protocol, that and the protocol
  // (6, 17, 132) for ports. A program that loads from those places without comparing asks for
  // something else.
  [[nodiscard]] bool find_unknown(KeyKind kind, RowIds& rows);

  // Packets known to be lost on any ring between the two times; a loss that only overlaps counts in
  // full.
  std::uint64_t lost_between(std::uint64_t first_ns, std::uint64_t last_ns);

  // Reads everything and compares: checksums, order, counts. False: error() says what is wrong.
  [[nodiscard]] bool check();

  // Why the last call failed; empty when none has. After a failure the index is not to be used.
  const std::string& error() const noexcept;

 private:
  class Impl;
  explicit IndexReader(std::unique_ptr<Impl> impl) noexcept;
  static Opened open_source(std::unique_ptr<Impl> impl, const FileIdentity* recording);
  static Opened open_path(const std::string& path, const FileIdentity* recording);
  std::unique_ptr<Impl> impl_;
};

// Why there is no reader.
enum class IndexRefusal : std::uint8_t {
  kNone,
  kMissing,       // there is no index
  kUnreadable,    // it cannot be opened or read
  kDamaged,       // cut short, or a checksum or a bound is wrong
  kNewerVersion,  // made by a later Capstan
  kOtherFile,     // made of another file, or of this one before it changed
};

struct IndexReader::Opened {
  std::optional<IndexReader> reader;
  IndexRefusal refusal = IndexRefusal::kNone;
  std::string reason;  // one phrase, without the path
};

}  // namespace capstan
