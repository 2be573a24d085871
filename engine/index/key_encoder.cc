// The keys of an index: each with the rows that have it, in ascending order of their bytes.
#include <algorithm>
#include <map>
#include <string>

#include "engine/index/index_encoder.h"
#include "engine/index/index_format.h"
#include "engine/index/row_keys.h"

namespace capstan {

namespace {

// A key that many rows have narrows nothing; that it is common is all that is kept of it.
constexpr std::uint64_t kCommonAtLeast = 64;
constexpr std::uint64_t kCommonShare = 8;

struct WideKey {
  std::uint64_t high;
  std::uint64_t low;
  std::uint32_t row;
  friend auto operator<=>(const WideKey&, const WideKey&) = default;
};

std::uint64_t load_big(const std::uint8_t* bytes, std::size_t size) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | bytes[i];
  return value;
}

// Collects keys of one kind and gives them out in order. Those of up to 4 bytes are sorted as one
// word with their row, which is most of the work of making an index.
class KeyCollector {
 public:
  void add(std::size_t bytes, const std::array<std::uint8_t, 16>& value, std::uint32_t row) {
    if (bytes <= 4) {
      narrow_.push_back(load_big(value.data(), bytes) << 32 | row);
    } else if (bytes <= 8) {
      wide_.push_back({load_big(value.data(), bytes), 0, row});
    } else {
      wide_.push_back({load_big(value.data(), 8), load_big(value.data() + 8, 8), row});
    }
  }

  // take(value, rows), rows ascending and each once.
  template <typename Take>
  void give(std::size_t bytes, Take take) {
    std::sort(narrow_.begin(), narrow_.end());
    std::sort(wide_.begin(), wide_.end());
    RowIds rows;
    for (std::size_t i = 0; i < narrow_.size();) {
      const std::uint64_t key = narrow_[i] >> 32;
      rows.clear();
      for (; i < narrow_.size() && narrow_[i] >> 32 == key; ++i) {
        add_row(rows, static_cast<std::uint32_t>(narrow_[i]));
      }
      take(value_of(key, 0, bytes), rows);
    }
    for (std::size_t i = 0; i < wide_.size();) {
      const WideKey key = wide_[i];
      rows.clear();
      for (; i < wide_.size() && wide_[i].high == key.high && wide_[i].low == key.low; ++i) {
        add_row(rows, wide_[i].row);
      }
      take(value_of(key.high, key.low, bytes), rows);
    }
  }

 private:
  static void add_row(RowIds& rows, std::uint32_t row) {
    if (rows.empty() || rows.back() != row) rows.push_back(row);
  }
  static std::array<std::uint8_t, 16> value_of(std::uint64_t high, std::uint64_t low,
                                               std::size_t bytes) noexcept {
    std::array<std::uint8_t, 16> value{};
    const std::size_t front = std::min<std::size_t>(bytes, 8);
    for (std::size_t i = 0; i < front; ++i) {
      value[i] = static_cast<std::uint8_t>(high >> (8 * (front - 1 - i)));
    }
    for (std::size_t i = 8; i < bytes; ++i) {
      value[i] = static_cast<std::uint8_t>(low >> (8 * (15 - i)));
    }
    return value;
  }

  std::vector<std::uint64_t> narrow_;
  std::vector<WideKey> wide_;
};

class KeyWriter {
 public:
  explicit KeyWriter(std::uint64_t rows)
      : common_(std::max(kCommonAtLeast, rows / kCommonShare)),
        writer_(index_format::kKeyPageBytes) {}

  void write(const std::vector<std::uint8_t>& key, const RowIds& rows) {
    writer_.begin_entry(key);
    if (writer_.first_in_page()) first_row_ = 0;
    FieldWriter& to = writer_.page();
    const bool common = rows.size() > common_;
    to.varint(std::uint64_t{rows.size()} << 1 | (common ? 1 : 0));
    if (!common) {
      to.varint(zigzag(std::uint64_t{rows.front()} - first_row_));
      first_row_ = rows.front();
      AscendingWriter gaps(to, rows.front());
      for (std::size_t i = 1; i < rows.size(); ++i) gaps.add(rows[i]);
      gaps.finish();
    }
    writer_.end_entry();
  }
  // The next key begins a page.
  void end_page() { writer_.finish(); }
  PageWriter finish() {
    writer_.finish();
    return std::move(writer_);
  }

 private:
  std::uint64_t common_;
  PageWriter writer_;
  std::uint64_t first_row_ = 0;
};

}  // namespace

PageWriter encode_keys(const IndexContents& contents, const std::vector<std::uint32_t>& order) {
  std::array<KeyCollector, kLastKeyKind + 1> kinds;
  // Keys of links are few and have many rows: those rows are listed by link first.
  std::vector<RowIds> rows_of_link(contents.links.size());
  std::array<RowIds, kLastKeyKind + 1> unknown;
  for (std::uint32_t id = 0; id < order.size(); ++id) {
    const PacketKey& key = contents.rows[order[id]].key;
    const InnerFlow* inner = key.inner == 0 ? nullptr : &contents.inners[key.inner - 1];
    for_each_row_key(key, inner, [&](KeyKind kind, const std::array<std::uint8_t, 16>& value) {
      kinds[static_cast<std::size_t>(kind)].add(key_bytes(kind), value, id);
    });
    for_each_unknown_kind(key.flags, key.protocol, [&](KeyKind kind) {
      unknown[static_cast<std::size_t>(kind)].push_back(id);
    });
    rows_of_link[key.link].push_back(id);
  }
  std::map<std::string, RowIds> of_links;
  for (std::size_t link = 0; link < contents.links.size(); ++link) {
    if (rows_of_link[link].empty()) continue;
    for_each_link_key(
        contents.links[link], [&](KeyKind kind, const std::array<std::uint8_t, 16>& value) {
          std::string key(1, static_cast<char>(kind));
          key.append(reinterpret_cast<const char*>(value.data()), key_bytes(kind));
          RowIds& rows = of_links[std::move(key)];
          rows.insert(rows.end(), rows_of_link[link].begin(), rows_of_link[link].end());
        });
  }
  KeyWriter writer(order.size());
  std::vector<std::uint8_t> bytes;
  for (std::uint8_t kind = 1; kind <= kLastKeyKind; ++kind) {
    const std::size_t size = key_bytes(static_cast<KeyKind>(kind));
    kinds[kind].give(size, [&](const std::array<std::uint8_t, 16>& value, const RowIds& rows) {
      bytes.assign(1, kind);
      bytes.insert(bytes.end(), value.begin(), value.begin() + static_cast<std::ptrdiff_t>(size));
      writer.write(bytes, rows);
    });
    const auto front = static_cast<char>(kind);
    for (auto at = of_links.lower_bound(std::string(1, front));
         at != of_links.end() && at->first.front() == front; ++at) {
      RowIds& rows = at->second;
      std::sort(rows.begin(), rows.end());
      rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
      bytes.assign(at->first.begin(), at->first.end());
      writer.write(bytes, rows);
    }
  }
  writer.end_page();  // so that the table of pages says whether there are any of the following
  for (std::uint8_t kind = 1; kind <= kLastKeyKind; ++kind) {
    if (unknown[kind].empty()) continue;
    bytes.assign(1, kind | index_format::kUnknownBit);
    writer.write(bytes, unknown[kind]);
  }
  return writer.finish();
}

}  // namespace capstan
