// Reading rows of an index.
#include <fmt/format.h>

#include <algorithm>

#include "engine/core/errors.h"
#include "engine/index/index_encoder.h"
#include "engine/index/index_reader_impl.h"

namespace capstan {

namespace {

// Longer than any time between two packets that 64 bits of nanoseconds can hold.
constexpr std::uint64_t kMaxMicroseconds = ~std::uint64_t{0} / 1000;

// `microseconds` as a two's complement; ends at the first and the last time there is.
std::uint64_t moved(std::uint64_t ns, std::uint64_t microseconds) noexcept {
  const bool back = (microseconds >> 63) != 0;
  const std::uint64_t count = back ? 0 - microseconds : microseconds;
  const std::uint64_t most = back ? ns : ~std::uint64_t{0} - ns;
  const std::uint64_t by = count > most / 1000 ? most : count * 1000;
  return back ? ns - by : ns + by;
}

std::uint16_t port_of(FieldReader& from) noexcept {
  const std::uint8_t high = from.u8();
  return static_cast<std::uint16_t>(high << 8 | from.u8());
}

void read_address(FieldReader& from, std::size_t bytes, Address& to) noexcept {
  const auto address = from.raw(bytes);
  std::copy(address.begin(), address.end(), to.begin());
}

void read_inner_flow(FieldReader& from, InnerFlow& inner) noexcept {
  inner.tunnel = static_cast<TunnelKind>(from.u8());
  inner.tunnel_id = from.varint();
  inner.ip_version = from.u8();
  if (inner.ip_version == 0) return;
  if (inner.ip_version != 4 && inner.ip_version != 6) from.fail();
  const std::size_t bytes = inner.ip_version == 4 ? 4 : 16;
  read_address(from, bytes, inner.addresses[0]);
  read_address(from, bytes, inner.addresses[1]);
  inner.protocol = from.u8();
  inner.has_ports = from.u8() != 0;
  inner.ports[0] = port_of(from);
  inner.ports[1] = port_of(from);
}

}  // namespace

bool PageEntries::next() {
  if (left_ == 0) return false;
  --left_;
  const std::uint64_t shared = fields_.varint(key_.size());
  const std::uint64_t rest = fields_.varint(fields_.left());
  const auto bytes = fields_.raw(rest);
  if (fields_.failed()) return false;
  key_.resize(shared);
  key_.insert(key_.end(), bytes.begin(), bytes.end());
  return true;
}

bool IndexReader::Impl::read_page(const IndexPage& page, std::vector<std::uint8_t>& to) {
  if (const int number = source_.read(page.offset, page.bytes, to); number != 0) {
    error = "not readable: " + errno_text(number);
    return false;
  }
  if (index_checksum(to) == page.checksum) return true;
  return damaged(fmt::format("the checksum of the page at byte {} is wrong", page.offset));
}

bool IndexReader::Impl::prepare_rows() {
  return blocks() != nullptr && (links_.has_value() || read_links());
}

bool IndexReader::Impl::decode_row_key(FieldReader key, IndexRow& row) {
  row = IndexRow{};
  row.kind = static_cast<RowKind>(key.u8());
  switch (row.kind) {
    case RowKind::kIpv4:
    case RowKind::kIpv6:
    case RowKind::kArp: {
      const std::size_t bytes = row.kind == RowKind::kIpv6 ? 16 : 4;
      read_address(key, bytes, row.ends[0].address);
      read_address(key, bytes, row.ends[1].address);
      if (row.kind == RowKind::kArp) break;
      row.protocol = row.next_header = key.u8();
      row.ends[0].port = port_of(key);
      row.ends[1].port = port_of(key);
      break;
    }
    case RowKind::kOther:
      break;
    default:
      return damaged("a row of an unknown kind");
  }
  row.flags = key.u8();
  if (row.has(row_flag::kExtensionHeaders)) row.next_header = key.u8();
  const std::uint64_t link = key.varint();
  if (row.has(row_flag::kInner)) read_inner_flow(key, row.inner);
  if (key.failed() || key.left() != 0 || link >= links_->size()) {
    return damaged("a row that cannot be read");
  }
  const LinkFields& fields = (*links_)[link];
  row.link_type = fields.link_type;
  row.ethertype = fields.ethertype;
  row.vlan_count = fields.vlan_count;
  row.vlans = fields.vlans;
  row.tpids = fields.tpids;
  row.ends[0].mac = fields.low_mac;
  row.ends[1].mac = fields.high_mac;
  return true;
}

bool IndexReader::Impl::decode_row_body(FieldReader& from, IndexRow& row,
                                        std::vector<std::uint32_t>* blocks) {
  const std::uint8_t flags = from.u8();
  row.initiator = flags & 1;
  for (std::size_t side = 0; side < 2; ++side) {
    if ((flags & (2U << side)) == 0) continue;
    row.ends[side].packets = from.varint();
    row.ends[side].bytes = from.varint();
    if ((flags & 8) != 0) row.ends[side].tcp_flags = from.u8();
  }
  const std::uint64_t count = blocks_->size();
  const std::uint64_t first = from.varint(count);
  const std::uint64_t last = first + from.varint(count);
  const bool outside = (flags & index_format::kRowOutside) != 0;
  const std::uint64_t since = from.varint(outside ? 2 * kMaxMicroseconds + 1 : kMaxMicroseconds);
  const std::uint64_t until = from.varint(outside ? 2 * kMaxMicroseconds + 1 : kMaxMicroseconds);
  if (from.failed() || last >= count) return damaged("a row that cannot be read");
  row.first_block = static_cast<std::uint32_t>(first);
  row.last_block = static_cast<std::uint32_t>(last);
  const IndexBlock& first_block = (*blocks_)[first];
  const IndexBlock& last_block = (*blocks_)[last];
  if (outside) {
    row.first_ns = moved(first_block.first_ns, unzigzag(since));
    row.last_ns = moved(last_block.last_ns, 0 - unzigzag(until));
  } else {
    if (since * 1000 > first_block.last_ns - first_block.first_ns ||
        until * 1000 > last_block.last_ns - last_block.first_ns) {
      return damaged("a row that lies outside of its blocks");
    }
    row.first_ns = first_block.first_ns + since * 1000;
    row.last_ns = last_block.last_ns - until * 1000;
  }
  if (blocks != nullptr) blocks->assign(1, row.first_block);
  if (first == last) return true;
  const std::uint64_t listed = from.varint(count);
  FieldReader list(from.raw(from.varint(from.left())));
  if (blocks == nullptr) return !from.failed() || damaged("a row that cannot be read");
  read_ascending(list, first, listed, last + 1, [blocks](std::uint64_t block) {
    blocks->push_back(static_cast<std::uint32_t>(block));
  });
  if (from.failed() || list.failed() || list.left() != 0 || blocks->back() != last) {
    return damaged("the blocks of a row");
  }
  return true;
}

bool IndexReader::Impl::decode_row(PageEntries& entries, std::uint32_t id, IndexRow& row,
                                   std::vector<std::uint32_t>* blocks) {
  if (!decode_row_key(FieldReader(entries.key()), row)) return false;
  row.id = id;
  return decode_row_body(entries.fields(), row, blocks);
}

bool IndexReader::Impl::read_row(std::uint32_t id, IndexRow& row,
                                 std::vector<std::uint32_t>* blocks) {
  if (id >= summary.rows) return damaged(fmt::format("there is no row {}", id));
  if (!prepare_rows()) return false;
  const auto behind = std::upper_bound(
      row_pages_.begin(), row_pages_.end(), id,
      [](std::uint32_t wanted, const IndexPage& page) { return wanted < page.first_entry; });
  const auto number = static_cast<std::uint32_t>(behind - row_pages_.begin()) - 1;
  const IndexPage& page = row_pages_[number];
  if (row_page_ != number) {
    row_page_ = ~std::uint32_t{0};
    if (!read_page(page, row_page_bytes_)) return false;
    row_page_ = number;
  }
  PageEntries entries(page, row_page_bytes_);
  for (std::uint32_t at = page.first_entry; entries.next(); ++at) {
    if (at == id) return decode_row(entries, id, row, blocks);
    // What stands between is read as well: entries have no length of their own.
    IndexRow passed;
    if (!decode_row_body(entries.fields(), passed, nullptr)) return false;
  }
  return damaged("a page of rows");
}

bool IndexReader::Impl::for_each_row(const RowVisitor& visit) {
  if (!prepare_rows()) return false;
  std::vector<std::uint8_t> bytes;
  std::vector<std::uint32_t> blocks;
  IndexRow row;
  for (const IndexPage& page : row_pages_) {
    if (!read_page(page, bytes)) return false;
    PageEntries entries(page, bytes);
    for (std::uint32_t id = page.first_entry; entries.next(); ++id) {
      if (!decode_row(entries, id, row, &blocks)) return false;
      if (!visit(row, blocks)) return true;
    }
    if (entries.failed()) return damaged("a page of rows");
  }
  return true;
}

}  // namespace capstan
