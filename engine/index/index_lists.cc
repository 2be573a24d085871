// The lists of an index that are read whole when they are first asked for: blocks and links.
#include <algorithm>
#include <utility>

#include "engine/index/index_reader_impl.h"

namespace capstan {

using index_format::SectionId;

namespace {

constexpr std::uint64_t kNever = ~std::uint64_t{0};

}  // namespace

bool IndexReader::Impl::read_blocks() {
  std::vector<std::uint8_t> bytes;
  if (!read_section(SectionId::kBlocks, bytes)) return false;
  FieldReader from(bytes);
  std::vector<IndexBlock> blocks;
  std::uint64_t end = 0;
  std::uint64_t time = 0;
  const std::uint64_t size = summary.recording.size_bytes;
  for (std::uint32_t i = 0; i < summary.blocks && !from.failed(); ++i) {
    IndexBlock block;
    const std::uint8_t flags = from.u8();
    block.offset = end + from.varint(size - end);
    block.length_bytes = from.varint(size - block.offset);
    block.section = static_cast<std::uint32_t>(from.varint(0xffffffff));
    block.interfaces = static_cast<std::uint32_t>(from.varint(0xffffffff));
    block.ring = static_cast<std::uint32_t>(from.varint(0xffffffff));
    block.packets = from.varint();
    block.first_ns = time + unzigzag(from.varint());
    block.last_ns = block.first_ns + from.varint(kNever - block.first_ns);
    block.skipped = (flags & 1) != 0;
    if ((flags & 4) != 0) block.received = from.varint();
    if ((flags & 8) != 0) {
      block.dropped = from.varint();
      block.loss_begin_ns = block.first_ns + unzigzag(from.varint());
      block.loss_end_ns = block.loss_begin_ns + from.varint(kNever - block.loss_begin_ns);
    }
    if ((flags & 2) != 0) {
      block.many_rows = from.varint();
      block.many_packets = from.varint();
      block.many_bytes = from.varint();
      if (block.many_rows == 0) from.fail();
    }
    if (block.section >= sections.size() ||
        block.interfaces > sections[block.section].interfaces.size()) {
      from.fail();
    }
    end = block.offset + block.length_bytes;
    time = block.first_ns;
    blocks.push_back(block);
  }
  if (from.failed() || from.left() != 0) return damaged("its list of blocks");
  blocks_ = std::move(blocks);
  return true;
}

bool IndexReader::Impl::read_links() {
  std::vector<std::uint8_t> bytes;
  if (!read_section(SectionId::kLinks, bytes)) return false;
  FieldReader from(bytes);
  std::vector<LinkFields> links;
  const std::uint64_t count = from.varint(bytes.size());
  for (std::uint64_t i = 0; i < count && !from.failed(); ++i) {
    LinkFields& link = links.emplace_back();
    link.link_type = static_cast<std::uint16_t>(from.varint(0xffff));
    link.flags = from.u8();
    link.ethertype = from.u16();
    link.vlan_count = from.u8();
    if (link.vlan_count > link.vlans.size()) {
      from.fail();
      break;
    }
    for (std::size_t tag = 0; tag < link.vlan_count; ++tag) {
      link.tpids[tag] = from.u16();
      link.vlans[tag] = from.u16();
    }
    if ((link.flags & row_flag::kNoMacs) != 0) continue;
    for (MacAddress* mac : {&link.low_mac, &link.high_mac}) {
      const auto address = from.raw(mac->size());
      std::copy(address.begin(), address.end(), mac->begin());
    }
  }
  if (from.failed() || from.left() != 0) return damaged("its list of links");
  links_ = std::move(links);
  return true;
}

const std::vector<IndexBlock>* IndexReader::Impl::blocks() {
  if (!blocks_ && !read_blocks()) return nullptr;
  return &*blocks_;
}

}  // namespace capstan
