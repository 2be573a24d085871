// Finding rows of an index by their keys, and checking that keys and rows agree.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "engine/index/index_reader_impl.h"
#include "engine/index/row_keys.h"

namespace capstan {

namespace {

using Bytes = std::span<const std::uint8_t>;

bool less(Bytes a, Bytes b) noexcept {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
}

bool begins_with_unknown(const IndexPage& page) noexcept {
  return !page.first_key.empty() && (page.first_key.front() & index_format::kUnknownBit) != 0;
}

// The key fields of a decoded row, for the functions that say which keys it has.
PacketKey packet_key_of(const IndexRow& row) noexcept {
  PacketKey key;
  key.low = row.ends[0].address;
  key.high = row.ends[1].address;
  key.low_port = row.ends[0].port;
  key.high_port = row.ends[1].port;
  key.protocol = row.protocol;
  key.next_header = row.next_header;
  key.kind = row.kind;
  key.flags = row.flags;
  return key;
}

LinkFields link_of(const IndexRow& row) noexcept {
  LinkFields link;
  link.low_mac = row.ends[0].mac;
  link.high_mac = row.ends[1].mac;
  link.ethertype = row.ethertype;
  link.vlans = row.vlans;
  link.tpids = row.tpids;
  link.vlan_count = row.vlan_count;
  link.flags = row.flags;
  return link;
}

// take(key byte, value) for every key of the row, those of what is not known included.
template <typename Take>
void for_each_key(const IndexRow& row, Take take) {
  const auto known = [&take](KeyKind kind, const KeyValue& value) {
    take(static_cast<std::uint8_t>(kind), Bytes(value).first(key_bytes(kind)));
  };
  const PacketKey key = packet_key_of(row);
  for_each_row_key(key, row.has(row_flag::kInner) ? &row.inner : nullptr, known);
  for_each_link_key(link_of(row), known);
  for_each_unknown_kind(row.flags, row.protocol, [&take](KeyKind kind) {
    take(static_cast<std::uint8_t>(static_cast<std::uint8_t>(kind) | index_format::kUnknownBit),
         Bytes{});
  });
}

}  // namespace

// Adds the rows of the keys between low and high. `common`: one of them has no list of rows.
bool IndexReader::Impl::collect(std::uint8_t kind, Bytes low, Bytes high, RowIds& rows,
                                bool& common) {
  std::vector<std::uint8_t> from{kind};
  from.insert(from.end(), low.begin(), low.end());
  std::vector<std::uint8_t> to{kind};
  to.insert(to.end(), high.begin(), high.end());
  auto page = std::upper_bound(key_pages_.begin(), key_pages_.end(), from,
                               [](const std::vector<std::uint8_t>& key, const IndexPage& other) {
                                 return less(key, other.first_key);
                               });
  if (page != key_pages_.begin()) --page;
  // Most indexes have no keys of what is not known: no page need be read to find that out.
  const bool unknown = (kind & index_format::kUnknownBit) != 0;
  if (unknown && unknown_apart_ && page != key_pages_.end() && !begins_with_unknown(*page)) ++page;
  std::vector<std::uint8_t> bytes;
  for (; page != key_pages_.end() && !less(to, page->first_key); ++page) {
    if (!read_page(*page, bytes)) return false;
    PageEntries entries(*page, bytes);
    std::uint64_t first_row = 0;
    while (entries.next()) {
      if (less(to, entries.key())) return true;
      const bool wanted = !less(entries.key(), from);
      FieldReader& fields = entries.fields();
      const std::uint64_t code = fields.varint();
      if ((code & 1) != 0) {
        common = common || wanted;
        continue;
      }
      first_row += unzigzag(fields.varint());
      const std::uint64_t count = code >> 1;
      if (count == 0 || first_row >= summary.rows) fields.fail();
      if (fields.failed()) break;
      if (wanted) rows.push_back(static_cast<std::uint32_t>(first_row));
      read_ascending(fields, first_row, count - 1, summary.rows, [&](std::uint64_t row) {
        if (wanted) rows.push_back(static_cast<std::uint32_t>(row));
      });
    }
    if (entries.failed()) return damaged(fmt::format("the keys at byte {}", page->offset));
  }
  return true;
}

bool IndexReader::Impl::scan_rows(std::uint8_t kind, Bytes low, Bytes high, RowIds& rows) {
  return for_each_row([&](const IndexRow& row, const std::vector<std::uint32_t>&) {
    bool has = false;
    for_each_key(row, [&](std::uint8_t key, Bytes value) {
      has = has || (key == kind && !less(value, low) && !less(high, value));
    });
    if (has) rows.push_back(row.id);
    return true;
  });
}

bool IndexReader::Impl::find(std::uint8_t kind, Bytes low, Bytes high, RowIds& rows) {
  RowIds found;
  bool common = false;
  if (!collect(kind, low, high, found, common)) return false;
  if (common) {
    found.clear();
    if (!scan_rows(kind, low, high, found)) return false;
  }
  rows.insert(rows.end(), found.begin(), found.end());
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return true;
}

std::uint64_t IndexReader::Impl::lost_between(std::uint64_t first_ns, std::uint64_t last_ns) {
  if (summary.dropped == 0 || blocks() == nullptr) return 0;
  std::uint64_t lost = 0;
  for (const IndexBlock& block : *blocks_) {
    if (block.dropped != 0 && block.loss_begin_ns <= last_ns && block.loss_end_ns >= first_ns) {
      lost += block.dropped;
    }
  }
  return lost;
}

bool IndexReader::Impl::check_rows() {
  std::uint64_t packets = 0;
  std::uint32_t rows = 0;
  if (!for_each_row([&](const IndexRow& row, const std::vector<std::uint32_t>&) {
        packets += row.packets();
        ++rows;
        return true;
      })) {
    return false;
  }
  std::uint64_t in_blocks = 0;
  std::uint64_t many = 0;
  for (const IndexBlock& block : *blocks_) {
    if (!block.skipped) in_blocks += block.packets;
    many += block.many_packets;
  }
  if (rows != summary.rows) return damaged("rows are missing");
  if (many != summary.many_packets) return damaged("its counts of packets without a row differ");
  if (packets + many == in_blocks) return true;
  return damaged(fmt::format("its rows have {} packets, its blocks {}", packets + many, in_blocks));
}

// Every key of every row, in order, is what the key pages must have.
bool IndexReader::Impl::check_keys() {
  std::map<std::string, RowIds> expected;
  if (!for_each_row([&](const IndexRow& row, const std::vector<std::uint32_t>&) {
        for_each_key(row, [&](std::uint8_t kind, Bytes value) {
          std::string key(1, static_cast<char>(kind));
          key.append(reinterpret_cast<const char*>(value.data()), value.size());
          RowIds& rows = expected[std::move(key)];
          if (rows.empty() || rows.back() != row.id) rows.push_back(row.id);
        });
        return true;
      })) {
    return false;
  }
  auto next = expected.begin();
  std::vector<std::uint8_t> bytes;
  for (const IndexPage& page : key_pages_) {
    if (!read_page(page, bytes)) return false;
    PageEntries entries(page, bytes);
    std::uint64_t first_row = 0;
    while (entries.next()) {
      const std::string_view key(reinterpret_cast<const char*>(entries.key().data()),
                                 entries.key().size());
      if (next == expected.end() || next->first != key) {
        return damaged("a key that no row has, or one is missing");
      }
      FieldReader& fields = entries.fields();
      const std::uint64_t code = fields.varint();
      RowIds rows;
      if ((code & 1) == 0) {
        first_row += unzigzag(fields.varint());
        rows.push_back(static_cast<std::uint32_t>(first_row));
        read_ascending(fields, first_row, (code >> 1) - 1, summary.rows,
                       [&](std::uint64_t row) { rows.push_back(static_cast<std::uint32_t>(row)); });
      }
      if (fields.failed() || code >> 1 != next->second.size() ||
          ((code & 1) == 0 && rows != next->second)) {
        return damaged("the rows of a key");
      }
      ++next;
    }
    if (entries.failed()) return damaged("a page of keys");
  }
  return next == expected.end() || damaged("keys are missing");
}

bool IndexReader::Impl::check() { return check_rows() && check_keys(); }

}  // namespace capstan
