#include "engine/index/section_encoder.h"

#include <algorithm>

#include "engine/index/index_format.h"

namespace capstan {

FieldWriter encode_links(const IndexContents& contents, const LinkNumbers& numbers) {
  FieldWriter to;
  to.varint(numbers.used().size());
  for (const std::uint32_t number : numbers.used()) {
    const LinkFields& link = contents.links[number];
    to.varint(link.link_type);
    to.u8(link.flags);
    to.u16(link.ethertype);
    to.u8(link.vlan_count);
    for (std::size_t tag = 0; tag < link.vlan_count; ++tag) {
      to.u16(link.tpids[tag]);
      to.u16(link.vlans[tag]);
    }
    if ((link.flags & row_flag::kNoMacs) == 0) {
      to.raw(link.low_mac);
      to.raw(link.high_mac);
    }
  }
  return to;
}

namespace {

void write_identity(FieldWriter& to, const FileIdentity& identity) {
  to.u64(identity.size_bytes);
  to.u64(identity.inode);
  to.u64(identity.modified_ns);
  to.raw(identity.digest);
}

}  // namespace

FieldWriter encode_summary(const IndexSummary& summary) {
  FieldWriter to;
  write_identity(to, summary.recording);
  to.u8(static_cast<std::uint8_t>(
      (summary.pcap ? 1 : 0) | (summary.whole ? 2 : 0) | (summary.in_time_order ? 4 : 0) |
      (summary.has_ledger ? 8 | 16 : 0) | (summary.ledger_disputed ? 32 : 0) |
      index_format::kUnknownApart));
  for (const std::uint64_t value :
       {summary.end_offset, summary.packets, summary.bytes, summary.first_ns, summary.last_ns,
        summary.received, summary.dropped, std::uint64_t{summary.blocks},
        std::uint64_t{summary.skipped_blocks}, std::uint64_t{summary.many_blocks},
        summary.many_rows, summary.many_packets, std::uint64_t{summary.rows}}) {
    to.varint(value);
  }
  if (summary.has_ledger) {
    to.varint(summary.interface_dropped);
    to.varint(summary.missing);
  }
  return to;
}

FieldWriter encode_place(const IndexSummary& summary) {
  FieldWriter to;
  if (!summary.place_known || (!summary.place && !summary.has_ledger)) return to;
  const RecordingPlace none{{kRecordingMarkMagic, 1, 1, 1, {}}, {}, {}};
  const RecordingPlace* const place = summary.place ? &*summary.place : &none;
  const RecordingMark& mark = place->mark;
  to.raw(mark.id);
  to.varint(mark.stripe);
  to.varint(mark.stripes);
  to.varint(mark.file_number);
  to.varint(place->ring.ring);
  to.varint(place->ring.rings);
  const std::size_t size = std::min(place->interface.size(), index_format::kMostNameBytes);
  to.varint(size);
  for (const char letter : place->interface.substr(0, size)) {
    to.u8(static_cast<std::uint8_t>(letter));
  }
  return to;
}

FieldWriter encode_sections(const std::vector<IndexSection>& sections) {
  FieldWriter to;
  to.varint(sections.size());
  for (const IndexSection& section : sections) {
    to.varint(section.offset);
    to.varint(section.interfaces.size());
    for (const IndexInterface& interface : section.interfaces) {
      to.varint(interface.offset);
      to.varint(interface.length_bytes);
      to.varint(interface.link_type);
    }
  }
  return to;
}

FieldWriter encode_blocks(const std::vector<IndexBlock>& blocks) {
  FieldWriter to;
  std::uint64_t end = 0;
  std::uint64_t time = 0;
  for (const IndexBlock& block : blocks) {
    const bool has_losses = block.dropped != 0;
    const bool has_many = block.many_rows != 0;
    const bool has_ledger = block.received != 0 || has_losses;
    to.u8(static_cast<std::uint8_t>((block.skipped ? 1 : 0) | (has_many ? 2 : 0) |
                                    (has_ledger ? 4 : 0) | (has_losses ? 8 : 0)));
    to.varint(block.offset - end);
    to.varint(block.length_bytes);
    to.varint(block.section);
    to.varint(block.interfaces);
    to.varint(block.ring);
    to.varint(block.packets);
    to.varint(zigzag(block.first_ns - time));
    to.varint(block.last_ns - block.first_ns);
    if (has_ledger) to.varint(block.received);
    if (has_losses) {
      to.varint(block.dropped);
      to.varint(zigzag(block.loss_begin_ns - block.first_ns));
      to.varint(block.loss_end_ns - block.loss_begin_ns);
    }
    if (has_many) {
      to.varint(block.many_rows);
      to.varint(block.many_packets);
      to.varint(block.many_bytes);
    }
    end = block.offset + block.length_bytes;
    time = block.first_ns;
  }
  return to;
}

}  // namespace capstan
