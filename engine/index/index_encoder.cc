#include "engine/index/index_encoder.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/core/clock.h"
#include "engine/index/index_format.h"
#include "engine/index/section_encoder.h"

namespace capstan {

namespace {

using index_format::SectionId;

constexpr std::uint64_t kNanosecondsPerMicrosecond = 1000;

// Rows in the order of their keys, so that neighbours share bytes: sorted by kind and the front of
// the lower address, which mostly decides, then by the whole key.
std::vector<std::uint32_t> sorted_rows(const IndexContents& contents) {
  struct Place {
    std::uint64_t front;
    std::uint32_t row;
  };
  std::vector<Place> places;
  places.reserve(contents.rows.size());
  for (std::uint32_t row = 0; row < contents.rows.size(); ++row) {
    if (!contents.given_up.empty() && contents.given_up[row]) continue;
    const PacketKey& key = contents.rows[row].key;
    std::uint64_t front = static_cast<std::uint64_t>(key.kind) << 56;
    for (unsigned i = 0; i < 7; ++i) front |= std::uint64_t{key.low[i]} << (48 - 8 * i);
    places.push_back({front, row});
  }
  std::sort(places.begin(), places.end(), [&contents](const Place& a, const Place& b) {
    if (a.front != b.front) return a.front < b.front;
    const PacketKey& x = contents.rows[a.row].key;
    const PacketKey& y = contents.rows[b.row].key;
    const int low = std::memcmp(x.low.data(), y.low.data(), x.low.size() + x.high.size());
    if (low != 0) return low < 0;
    if (x.protocol != y.protocol) return x.protocol < y.protocol;
    if (x.low_port != y.low_port) return x.low_port < y.low_port;
    if (x.high_port != y.high_port) return x.high_port < y.high_port;
    return std::memcmp(&x, &y, sizeof(x)) < 0;
  });
  std::vector<std::uint32_t> order;
  order.reserve(places.size());
  for (const Place& place : places) order.push_back(place.row);
  return order;
}

void append_address(FieldWriter& to, const Address& address, std::size_t bytes) {
  to.raw({address.data(), bytes});
}

void append_port(FieldWriter& to, std::uint16_t port) {
  to.u8(static_cast<std::uint8_t>(port >> 8));
  to.u8(static_cast<std::uint8_t>(port));
}

void append_inner(FieldWriter& to, const InnerFlow& inner) {
  to.u8(static_cast<std::uint8_t>(inner.tunnel));
  to.varint(inner.tunnel_id);
  to.u8(inner.ip_version);
  if (inner.ip_version == 0) return;
  const std::size_t bytes = inner.ip_version == 4 ? 4 : 16;
  append_address(to, inner.addresses[0], bytes);
  append_address(to, inner.addresses[1], bytes);
  to.u8(inner.protocol);
  to.u8(inner.has_ports ? 1 : 0);
  append_port(to, inner.ports[0]);
  append_port(to, inner.ports[1]);
}

// What makes the row this row. The order of the fields is that of the sorting.
void write_row_key(FieldWriter& to, const PacketKey& key, std::uint32_t link,
                   const std::vector<InnerFlow>& inners) {
  to.clear();
  to.u8(static_cast<std::uint8_t>(key.kind));
  if (key.kind != RowKind::kOther) {
    const std::size_t bytes = key.kind == RowKind::kIpv6 ? 16 : 4;
    append_address(to, key.low, bytes);
    append_address(to, key.high, bytes);
  }
  if (key.kind == RowKind::kIpv4 || key.kind == RowKind::kIpv6) {
    to.u8(key.protocol);
    append_port(to, key.low_port);
    append_port(to, key.high_port);
  }
  to.u8(key.flags);
  if ((key.flags & row_flag::kExtensionHeaders) != 0) to.u8(key.next_header);
  to.varint(link);
  if ((key.flags & row_flag::kInner) != 0) append_inner(to, inners[key.inner - 1]);
}

// a - b, rounded down.
std::uint64_t whole_microseconds(std::uint64_t a, std::uint64_t b) noexcept {
  if (a >= b) return (a - b) / kNanosecondsPerMicrosecond;
  return ~((b - a - 1) / kNanosecondsPerMicrosecond);  // -1 - that
}

// Counts, times and blocks of a row.
void write_row_body(FieldWriter& to, const IndexContents& contents, std::uint32_t number) {
  const FileRow& row = contents.rows[number];
  const IndexBlock& first = contents.blocks[row.first_block];
  const IndexBlock& last = contents.blocks[row.last_block];
  // Bits: 0 initiator; 1, 2: that end sent something; 3: there are TCP flags; 4: a clock was set
  // back, and the row's times lie outside of its outer blocks.
  const bool has_flags = (row.tcp_flags[0] | row.tcp_flags[1]) != 0;
  const bool outside = row.first_ns < first.first_ns || row.last_ns > last.last_ns;
  to.u8(static_cast<std::uint8_t>(row.initiator | (row.packets[0] != 0 ? 2 : 0) |
                                  (row.packets[1] != 0 ? 4 : 0) | (has_flags ? 8 : 0) |
                                  (outside ? index_format::kRowOutside : 0)));
  for (int side = 0; side < 2; ++side) {
    if (row.packets[side] == 0) continue;
    to.varint(row.packets[side]);
    to.varint(row.bytes[side]);
    if (has_flags) to.u8(row.tcp_flags[side]);
  }
  to.varint(row.first_block);
  to.varint(row.last_block - row.first_block);
  if (outside) {
    to.varint(zigzag(whole_microseconds(row.first_ns, first.first_ns)));
    to.varint(zigzag(whole_microseconds(last.last_ns, row.last_ns)));
  } else {
    to.varint((row.first_ns - first.first_ns) / kNanosecondsPerMicrosecond);
    to.varint((last.last_ns - row.last_ns) / kNanosecondsPerMicrosecond);
  }
  if (row.last_block == row.first_block) return;
  FieldWriter blocks;
  std::uint64_t count = 0;
  AscendingWriter gaps(blocks, row.first_block);
  contents.rows.for_each_block(number, [&](std::uint32_t block) {
    if (block == row.first_block) return;
    ++count;
    gaps.add(block);
  });
  gaps.finish();
  to.varint(count);
  to.varint(blocks.size());
  to.raw(blocks.bytes());
}

PageWriter encode_rows(const IndexContents& contents, const std::vector<std::uint32_t>& order,
                       LinkNumbers& links) {
  PageWriter writer(index_format::kRowPageBytes);
  FieldWriter key;
  for (const std::uint32_t row : order) {
    const PacketKey& packet_key = contents.rows[row].key;
    write_row_key(key, packet_key, links.of(packet_key.link), contents.inners);
    writer.begin_entry(key.bytes());
    write_row_body(writer.page(), contents, row);
    writer.end_entry();
  }
  writer.finish();
  return writer;
}

struct Section {
  SectionId id;
  const FieldWriter* bytes;
  bool has_checksum;
};

std::vector<std::uint8_t> assemble(const std::vector<Section>& sections) {
  const std::size_t head_bytes =
      index_format::kFixedHeadBytes + sections.size() * index_format::kSectionEntryBytes;
  std::uint64_t total = head_bytes;
  for (const Section& section : sections) total += section.bytes->size();
  FieldWriter to;
  to.bytes().reserve(total);
  to.raw(index_format::kMagic);
  to.u32(index_format::kVersion);
  to.u32(static_cast<std::uint32_t>(head_bytes));
  to.u64(total);
  to.u32(0);  // its checksum, below
  to.u32(static_cast<std::uint32_t>(sections.size()));
  std::uint64_t offset = head_bytes;
  for (const Section& section : sections) {
    to.u32(static_cast<std::uint32_t>(section.id));
    to.u32(section.has_checksum ? index_checksum(section.bytes->bytes()) : 0);
    to.u64(offset);
    to.u64(section.bytes->size());
    offset += section.bytes->size();
  }
  const std::uint32_t checksum = index_checksum(to.bytes());
  for (unsigned i = 0; i < 4; ++i) {
    to.bytes()[index_format::kHeadChecksumOffset + i] =
        static_cast<std::uint8_t>(checksum >> 8 * i);
  }
  for (const Section& section : sections) to.raw(section.bytes->bytes());
  return std::move(to.bytes());
}

}  // namespace

std::uint32_t index_checksum(std::span<const std::uint8_t> bytes) noexcept {
  return static_cast<std::uint32_t>(::crc32_z(0, bytes.data(), bytes.size()));
}

std::vector<std::uint8_t> encode_index(const IndexContents& contents) {
  const std::vector<std::uint32_t> order = sorted_rows(contents);
  LinkNumbers numbers(contents.links.size());
  const PageWriter rows = encode_rows(contents, order, numbers);
  const PageWriter keys = encode_keys(contents, order);
  IndexSummary summary = contents.summary;
  summary.blocks = static_cast<std::uint32_t>(contents.blocks.size());
  summary.rows = static_cast<std::uint32_t>(order.size());
  const FieldWriter summary_bytes = encode_summary(summary);
  const FieldWriter interfaces = encode_sections(contents.sections);
  const FieldWriter key_table = keys.table(true);
  const FieldWriter row_table = rows.table(false);
  const FieldWriter links = encode_links(contents, numbers);
  const FieldWriter blocks = encode_blocks(contents.blocks);
  const FieldWriter place = encode_place(contents.summary);
  // What every search needs stands in front, so that one read brings it.
  std::vector<Section> sections = {{SectionId::kSummary, &summary_bytes, true},
                                   {SectionId::kInterfaces, &interfaces, true},
                                   {SectionId::kKeyTable, &key_table, true},
                                   {SectionId::kRowTable, &row_table, true},
                                   {SectionId::kLinks, &links, true},
                                   {SectionId::kBlocks, &blocks, true},
                                   {SectionId::kKeyPages, &keys.pages(), false},
                                   {SectionId::kRowPages, &rows.pages(), false}};
  if (place.size() != 0) {
    sections.insert(sections.begin() + 1, {SectionId::kPlace, &place, true});
  }
  return assemble(sections);
}

}  // namespace capstan
