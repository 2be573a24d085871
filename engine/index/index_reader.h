// IndexReader: finds the conversations of one recording without reading it. *Start here* for code
// that searches recordings.
//
// An index narrows a search and never decides: the caller reads the blocks that it names and
// filters their packets. If the index is refused or fails, when opening it or later, read the
// recording as if it had no index. The format: docs/format-index.md. Made by index_builder.h.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/format/recording_place.h"
#include "engine/index/file_identity.h"
#include "engine/index/index_format.h"
#include "engine/index/index_row.h"

namespace capstan {

// "NAME.pcapng" to "NAME.pcapng.cidx".
std::string index_path_of(const std::string& recording_path);

// A part of the recording of about 1 MiB that begins and ends between two records. It can be read
// alone, together with the interfaces described before it in its section.
struct IndexBlock {
  std::uint64_t offset = 0;  // bytes from the start of the recording
  std::uint64_t length_bytes = 0;
  std::uint64_t first_ns = 0;  // the earliest and the latest packet; 0 without packets
  std::uint64_t last_ns = 0;
  std::uint64_t packets = 0;
  std::uint32_t section = 0;     // index into IndexReader::sections()
  std::uint32_t interfaces = 0;  // number of interfaces of that section described before the block
  std::uint32_t ring = 0;        // of the last block head in it; 0 without one
  // What the block heads in it add to the ledger of their rings: packets passed to the sockets, and
  // those of them that were lost. 0 where there is no ledger.
  std::uint64_t received = 0;
  std::uint64_t dropped = 0;
  // The time range in which the lost packets are missing; both 0 without losses. ~0: the end is not
  // known.
  std::uint64_t loss_begin_ns = 0;
  std::uint64_t loss_end_ns = 0;
  // Not indexed: the rows say nothing about this block.
  bool skipped = false;
  // Conversations of this block without rows (for example of a port scan): their minimum number,
  // and their packets and bytes, which are counted in the first block of each conversation.
  std::uint64_t many_rows = 0;
  std::uint64_t many_packets = 0;
  std::uint64_t many_bytes = 0;

  // The block has to be read in every search.
  bool always() const noexcept { return skipped || many_rows != 0; }
};

// An interface of the recording: where its description is in the file.
struct IndexInterface {
  std::uint64_t offset = 0;  // of the Interface Description Block; in a pcap file, of the file head
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
  std::uint64_t end_offset = 0;  // end of the last record that could be read
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  // on the wire
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
  bool in_time_order = false;  // every packet is at least as late as the one before it
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
  std::uint64_t many_rows = 0;    // number of those conversations, at least
  std::uint64_t many_packets = 0;
  std::uint32_t rows = 0;
  // Which part of a recording of Capstan's it is, where it is one. Not known: the index is of an
  // earlier version, or the file has parts of several.
  std::optional<RecordingPlace> place;
  bool place_known = false;
};

// What to look up. The first key_bytes(kind) bytes of `value` are used, big-endian as in packets.
struct IndexKey {
  KeyKind kind = KeyKind::kAddress4;
  std::array<std::uint8_t, 16> value{};
};

// All keys of one kind from `low` to `high`, both included. An address prefix is such a range.
struct KeyRange {
  IndexKey low;
  std::array<std::uint8_t, 16> high{};

  static KeyRange exactly(const IndexKey& key) noexcept { return {key, key.value}; }
  static KeyRange address(std::uint8_t ip_version, const Address& address,
                          std::uint32_t prefix_bits, bool inner = false) noexcept;
  static KeyRange number(KeyKind kind, std::uint64_t low, std::uint64_t high) noexcept;
  static KeyRange mac(const MacAddress& address) noexcept;
  // Tunnels of one kind with ids from low_id to high_id, both included.
  static KeyRange tunnel(TunnelKind kind, std::uint64_t low_id, std::uint64_t high_id) noexcept;
};

// A set of rows, as ids in ascending order.
using RowIds = std::vector<std::uint32_t>;

// An index opened for reading. Reads pages as they are needed, verifies the checksum of each, and
// keeps the row page read last. Movable, not copyable; one thread. Throws only std::bad_alloc.
class IndexReader {
 public:
  struct Opened;

  // Opens the index at `path` and checks that it belongs to `recording`: the digests are compared
  // unless inode and time of change agree. If the digest is needed but missing, the index is
  // refused.
  static Opened open(const std::string& path, const FileIdentity& recording);
  // Opens the index of the recording at `recording_path`. Reads bytes of the recording only if
  // inode and time of change do not show that it is the same file: a directory of ten thousand
  // recordings is opened without touching them.
  static Opened open_beside(const std::string& recording_path);
  // An index in memory, which must outlive the reader. Any bytes are accepted as input.
  static Opened from_bytes(std::span<const std::uint8_t> bytes, const FileIdentity& recording);
  // Without checking which file it belongs to: for `capstan index --check` and tools.
  static Opened open_unchecked(const std::string& path);
  static Opened from_bytes_unchecked(std::span<const std::uint8_t> bytes);

  IndexReader(IndexReader&&) noexcept;
  IndexReader& operator=(IndexReader&&) noexcept;
  ~IndexReader();

  const IndexSummary& summary() const noexcept;
  const std::vector<IndexSection>& sections() const noexcept;

  // All blocks, in file order; together they contain every packet. Read at the first call. nullptr:
  // the index is damaged, see error(). All functions below report failure in error() too.
  const std::vector<IndexBlock>* blocks();

  // Reads a row, without its blocks.
  [[nodiscard]] bool read_row(std::uint32_t id, IndexRow& row);
  // Reads the blocks of a row, in ascending order.
  [[nodiscard]] bool read_row_blocks(std::uint32_t id, std::vector<std::uint32_t>& blocks);
  // Calls `visit` with every row, in order, and with its blocks; `visit` returns false to stop.
  // Reads whole pages one after another: the fast way to look at many rows.
  using RowVisitor = std::function<bool(const IndexRow&, const std::vector<std::uint32_t>& blocks)>;
  [[nodiscard]] bool for_each_row(const RowVisitor& visit);

  // Adds the rows with a key in `range` to `rows` (which stays sorted and without duplicates).
  // Reads two pages for a key that is not common; a key that most rows have takes a pass over all
  // rows.
  [[nodiscard]] bool find(const KeyRange& range, RowIds& rows);
  // Adds the rows whose keys of this kind are not known (row_flag): they may match anything. Rows
  // that neither find() nor this adds have no such field at the place where filter programs look
  // for it after testing the fields before it: the ethertype for addresses and protocol, and both
  // ethertype and protocol (6, 17, 132) for ports. The index is no help for a program that loads
  // from those places without such tests.
  [[nodiscard]] bool find_unknown(KeyKind kind, RowIds& rows);

  // Packets known to be lost on any ring between the two times. A loss that only overlaps this
  // range counts in full.
  std::uint64_t lost_between(std::uint64_t first_ns, std::uint64_t last_ns);

  // Reads everything and compares checksums, order and counts. False: error() says what is wrong.
  [[nodiscard]] bool check();

  // Why the last call failed; empty when none has failed. After a failure do not use the index.
  const std::string& error() const noexcept;

 private:
  class Impl;
  explicit IndexReader(std::unique_ptr<Impl> impl) noexcept;
  static Opened open_source(std::unique_ptr<Impl> impl, const FileIdentity* recording);
  static Opened open_path(const std::string& path, const FileIdentity* recording);
  std::unique_ptr<Impl> impl_;
};

// Why the index cannot be used.
enum class IndexRefusal : std::uint8_t {
  kNone,
  kMissing,       // there is no index
  kUnreadable,    // it cannot be opened or read
  kDamaged,       // cut short, or a checksum or a limit is wrong
  kNewerVersion,  // made by a later Capstan
  kOtherFile,     // made from another file, or from this one before it changed
};

struct IndexReader::Opened {
  std::optional<IndexReader> reader;
  IndexRefusal refusal = IndexRefusal::kNone;
  std::string reason;  // one phrase, without the path
};

}  // namespace capstan
