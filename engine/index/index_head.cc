// Opening an index: head, section table, and the sections that are read whole.
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/core/errors.h"
#include "engine/core/read_all.h"
#include "engine/index/index_encoder.h"
#include "engine/index/index_reader_impl.h"

namespace capstan {

using index_format::SectionId;

namespace {

// Head, tables and what else stands in front of an index of ordinary size.
constexpr std::size_t kFrontBytes = 32U << 10;
// No section that is read whole, and no page, is larger in any index that Capstan makes.
constexpr std::uint64_t kMaxSectionBytes = 1U << 30;
constexpr std::uint64_t kMaxPageBytes = 256U << 20;

}  // namespace

void IndexSource::expect_jumps(bool jumps) const noexcept {
  if (fd_) ::posix_fadvise(fd_.get(), 0, 0, jumps ? POSIX_FADV_RANDOM : POSIX_FADV_NORMAL);
}

int IndexSource::read(std::uint64_t offset, std::size_t size, std::vector<std::uint8_t>& to) const {
  if (offset > size_ || size > size_ - offset) return EIO;
  to.resize(size);
  if (!fd_) {
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), size, to.begin());
    return 0;
  }
  return pread_all(fd_.get(), to, offset);
}

bool IndexReader::Impl::damaged(const std::string& what) {
  if (error.empty()) error = "damaged: " + what;
  return false;
}

IndexRefusal IndexReader::Impl::open(std::string& reason) {
  const IndexRefusal refusal = read_head(reason);
  if (refusal != IndexRefusal::kNone) return refusal;
  if (read_summary() && read_place() && read_sections() &&
      read_page_table(SectionId::kKeyTable, SectionId::kKeyPages, true, key_pages_) &&
      read_page_table(SectionId::kRowTable, SectionId::kRowPages, false, row_pages_)) {
    const std::uint64_t rows = row_pages_.empty() ? 0
                                                  : std::uint64_t{row_pages_.back().first_entry} +
                                                        row_pages_.back().entries;
    if (rows == summary.rows) return IndexRefusal::kNone;
    damaged(fmt::format("its table has {} rows, its summary {}", rows, summary.rows));
  }
  reason = error;
  return IndexRefusal::kDamaged;
}

IndexRefusal IndexReader::Impl::read_head(std::string& reason) {
  const auto front = static_cast<std::size_t>(std::min<std::uint64_t>(kFrontBytes, source_.size()));
  // A read at the start of a file makes the kernel read 128 KiB ahead: of an index of ordinary size
  // all of it, and of ten thousand of them a gigabyte.
  source_.expect_jumps(true);
  const int number = source_.read(0, front, front_);
  source_.expect_jumps(false);
  if (number != 0) {
    reason = errno_text(number);
    return IndexRefusal::kUnreadable;
  }
  const auto refuse = [&reason](std::string text) {
    reason = std::move(text);
    return IndexRefusal::kDamaged;
  };
  if (front < index_format::kFixedHeadBytes) {
    return refuse(fmt::format("cut short: {} bytes, less than a head", front));
  }
  if (std::memcmp(front_.data(), index_format::kMagic, sizeof(index_format::kMagic)) != 0) {
    return refuse("no index: it does not begin as one");
  }
  FieldReader head(front_);
  head.raw(sizeof(index_format::kMagic));
  const std::uint32_t version = head.u32();
  const std::uint32_t head_bytes = head.u32();
  const std::uint64_t total = head.u64();
  const std::uint32_t checksum = head.u32();
  const std::uint32_t count = head.u32();
  if (count > index_format::kMaxSections ||
      head_bytes != index_format::kFixedHeadBytes + count * index_format::kSectionEntryBytes ||
      head_bytes > front) {
    // A later version may have another head: then its number says more than the bytes do.
    if (version > index_format::kVersion) {
      reason = fmt::format("of version {}, which this Capstan does not read", version);
      return IndexRefusal::kNewerVersion;
    }
    return refuse("damaged: its head has a length that cannot be");
  }
  std::vector<std::uint8_t> copy(front_.begin(), front_.begin() + head_bytes);
  std::fill_n(copy.begin() + index_format::kHeadChecksumOffset, 4, std::uint8_t{0});
  if (index_checksum(copy) != checksum) return refuse("damaged: the checksum of its head is wrong");
  if (version > index_format::kVersion) {
    reason = fmt::format("of version {}, which this Capstan does not read", version);
    return IndexRefusal::kNewerVersion;
  }
  if (version != index_format::kVersion) return refuse("damaged: a version that never was");
  if (total != source_.size()) {
    return refuse(fmt::format("{}: it has {} of {} bytes",
                              source_.size() < total ? "cut short" : "damaged", source_.size(),
                              total));
  }
  summary.version = version;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t id = head.u32();
    Section entry;
    entry.checksum = head.u32();
    entry.offset = head.u64();
    entry.bytes = head.u64();
    entry.present = true;
    if (entry.offset < head_bytes || entry.offset > total || entry.bytes > total - entry.offset) {
      return refuse("damaged: a section lies outside of it");
    }
    if (id < table_.size()) table_[id] = entry;
  }
  for (std::size_t id = 1; id <= index_format::kNeededSections; ++id) {
    if (!table_[id].present) return refuse(fmt::format("damaged: section {} is missing", id));
  }
  return IndexRefusal::kNone;
}

bool IndexReader::Impl::read_section(SectionId id, std::vector<std::uint8_t>& to) {
  const Section& from = section(id);
  if (from.bytes > kMaxSectionBytes) return damaged("a section is too large");
  if (from.offset + from.bytes <= front_.size()) {
    const auto begin = front_.begin() + static_cast<std::ptrdiff_t>(from.offset);
    to.assign(begin, begin + static_cast<std::ptrdiff_t>(from.bytes));
  } else if (const int number = source_.read(from.offset, from.bytes, to); number != 0) {
    error = "not readable: " + errno_text(number);
    return false;
  }
  if (index_checksum(to) == from.checksum) return true;
  return damaged(fmt::format("the checksum of section {} is wrong", static_cast<int>(id)));
}

bool IndexReader::Impl::read_summary() {
  std::vector<std::uint8_t> bytes;
  if (!read_section(SectionId::kSummary, bytes)) return false;
  FieldReader from(bytes);
  FileIdentity& identity = summary.recording;
  identity.size_bytes = from.u64();
  identity.inode = from.u64();
  identity.modified_ns = from.u64();
  const auto digest = from.raw(identity.digest.size());
  std::copy(digest.begin(), digest.end(), identity.digest.begin());
  identity.has_digest = true;
  const std::uint8_t flags = from.u8();
  summary.pcap = (flags & 1) != 0;
  summary.whole = (flags & 2) != 0;
  summary.in_time_order = (flags & 4) != 0;
  summary.has_ledger = (flags & 8) != 0;
  summary.ledger_disputed = (flags & 32) != 0;
  unknown_apart_ = (flags & index_format::kUnknownApart) != 0;
  constexpr std::uint64_t kCountLimit = 0xffffffff;
  summary.end_offset = from.varint();
  summary.packets = from.varint();
  summary.bytes = from.varint();
  summary.first_ns = from.varint();
  summary.last_ns = from.varint();
  summary.received = from.varint();
  summary.dropped = from.varint();
  summary.blocks = static_cast<std::uint32_t>(from.varint(kCountLimit));
  summary.skipped_blocks = static_cast<std::uint32_t>(from.varint(kCountLimit));
  summary.many_blocks = static_cast<std::uint32_t>(from.varint(kCountLimit));
  summary.many_rows = from.varint();
  summary.many_packets = from.varint();
  summary.rows = static_cast<std::uint32_t>(from.varint(kCountLimit));
  if (summary.has_ledger) {
    if ((flags & 16) == 0) {
      error = "an earlier Capstan made it, which did not write down all that a ledger tells";
      return false;
    }
    summary.interface_dropped = from.varint();
    summary.missing = from.varint();
  }
  // Each has a byte at least.
  if (summary.blocks > section(SectionId::kBlocks).bytes) return damaged("its number of blocks");
  return !from.failed() || damaged("its summary");
}

bool IndexReader::Impl::read_place() {
  if (!section(SectionId::kPlace).present) {
    summary.place_known = !summary.has_ledger;  // only Capstan's files have one
    return true;
  }
  std::vector<std::uint8_t> bytes;
  if (!read_section(SectionId::kPlace, bytes)) return false;
  FieldReader from(bytes);
  constexpr std::uint64_t kMost = 0xffffffff;
  RecordingPlace place;
  RecordingMark& mark = place.mark;
  mark.magic = kRecordingMarkMagic;
  const auto id = from.raw(mark.id.size());
  std::copy(id.begin(), id.end(), mark.id.begin());
  mark.stripe = static_cast<std::uint32_t>(from.varint(kMost));
  mark.stripes = static_cast<std::uint32_t>(from.varint(kMost));
  mark.file_number = static_cast<std::uint32_t>(from.varint(kMost));
  place.ring.ring = static_cast<std::uint32_t>(from.varint(kMost));
  place.ring.rings = static_cast<std::uint32_t>(from.varint(kMost));
  const auto name = from.raw(from.varint(index_format::kMostNameBytes));
  place.interface.assign(name.begin(), name.end());
  const bool sound = !from.failed() && from.left() == 0 && mark.stripe >= 1 &&
                     mark.stripe <= mark.stripes && place.ring.ring >= 1 &&
                     place.ring.ring <= place.ring.rings;
  if (!sound) return damaged("its place in a recording");
  summary.place_known = true;
  if (mark.id != decltype(mark.id){}) summary.place = std::move(place);
  return true;
}

bool IndexReader::Impl::read_sections() {
  std::vector<std::uint8_t> bytes;
  if (!read_section(SectionId::kInterfaces, bytes)) return false;
  FieldReader from(bytes);
  const std::uint64_t count = from.varint(bytes.size());
  for (std::uint64_t i = 0; i < count && !from.failed(); ++i) {
    IndexSection& section = sections.emplace_back();
    section.offset = from.varint();
    const std::uint64_t interfaces = from.varint(bytes.size());
    for (std::uint64_t k = 0; k < interfaces && !from.failed(); ++k) {
      IndexInterface& interface = section.interfaces.emplace_back();
      interface.offset = from.varint();
      interface.length_bytes = static_cast<std::uint32_t>(from.varint(0xffffffff));
      interface.link_type = static_cast<std::uint16_t>(from.varint(0xffff));
    }
  }
  return (!from.failed() && from.left() == 0) || damaged("its list of interfaces");
}

bool IndexReader::Impl::read_page_table(SectionId table, SectionId pages, bool with_first_keys,
                                        std::vector<IndexPage>& to) {
  std::vector<std::uint8_t> bytes;
  if (!read_section(table, bytes)) return false;
  FieldReader from(bytes);
  const std::uint64_t count = from.varint(bytes.size());
  std::uint64_t offset = section(pages).offset;
  std::uint64_t left = section(pages).bytes;
  std::uint64_t entries = 0;
  for (std::uint64_t i = 0; i < count && !from.failed(); ++i) {
    IndexPage page;
    page.offset = offset;
    page.bytes = static_cast<std::uint32_t>(from.varint(std::min(left, kMaxPageBytes)));
    page.entries = static_cast<std::uint32_t>(from.varint(page.bytes));
    page.checksum = from.u32();
    page.first_entry = static_cast<std::uint32_t>(entries);
    if (with_first_keys) {
      const auto key = from.raw(from.varint(bytes.size()));
      page.first_key.assign(key.begin(), key.end());
    }
    if (page.entries == 0) from.fail();
    offset += page.bytes;
    left -= page.bytes;
    entries += page.entries;
    if (entries > 0xffffffff) from.fail();
    to.push_back(std::move(page));
  }
  return (!from.failed() && from.left() == 0 && left == 0) || damaged("its table of pages");
}

}  // namespace capstan
