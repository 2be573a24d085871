#include "engine/index/index_reader.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "engine/core/errors.h"
#include "engine/index/index_reader_impl.h"
#include "engine/index/row_keys.h"

namespace capstan {

namespace {

bool same_file(const FileIdentity& indexed, const FileIdentity& asked, std::string& reason) {
  if (indexed.size_bytes != asked.size_bytes) {
    reason = "of another file, or of this one before it changed: it was " +
             std::to_string(indexed.size_bytes) + " bytes";
    return false;
  }
  const bool same_inode = asked.inode != 0 && asked.inode == indexed.inode;
  if (same_inode && asked.modified_ns != 0 && indexed.modified_ns != 0) {
    if (asked.modified_ns == indexed.modified_ns) return true;
    // Its two ends would not show a change in its middle, as a tool that makes addresses anonymous
    // leaves behind.
    reason = "of this file before it was written to";
    return false;
  }
  if (!asked.has_digest) {
    reason = "of a file with another inode or time of change, and its bytes were not compared";
    return false;
  }
  if (asked.digest == indexed.digest) return true;
  reason = "of another file of the same size, or of this one before it changed";
  return false;
}

}  // namespace

std::string index_path_of(const std::string& recording_path) { return recording_path + ".cidx"; }

KeyRange KeyRange::address(std::uint8_t ip_version, const Address& address,
                           std::uint32_t prefix_bits, bool inner) noexcept {
  KeyRange range;
  const bool is_ipv4 = ip_version == 4;
  if (inner) {
    range.low.kind = is_ipv4 ? KeyKind::kInnerAddress4 : KeyKind::kInnerAddress6;
  } else {
    range.low.kind = is_ipv4 ? KeyKind::kAddress4 : KeyKind::kAddress6;
  }
  const std::size_t bytes = is_ipv4 ? 4 : 16;
  for (std::size_t i = 0; i < bytes; ++i) {
    const std::uint32_t before = static_cast<std::uint32_t>(i) * 8;
    const std::uint32_t kept = prefix_bits > before ? std::min(prefix_bits - before, 8U) : 0;
    const auto mask = static_cast<std::uint8_t>(0xff00U >> kept);
    range.low.value[i] = address[i] & mask;
    range.high[i] =
        static_cast<std::uint8_t>(range.low.value[i] | static_cast<std::uint8_t>(~mask));
  }
  return range;
}

KeyRange KeyRange::number(KeyKind kind, std::uint64_t low, std::uint64_t high) noexcept {
  const std::size_t bytes = key_bytes(kind);
  return {{kind, number_value(low, std::min<std::size_t>(bytes, 8))},
          number_value(high, std::min<std::size_t>(bytes, 8))};
}

KeyRange KeyRange::tunnel(TunnelKind kind, std::uint64_t low_id, std::uint64_t high_id) noexcept {
  return {{KeyKind::kTunnel, tunnel_value(kind, low_id)}, tunnel_value(kind, high_id)};
}

KeyRange KeyRange::mac(const MacAddress& address) noexcept {
  return exactly({KeyKind::kMac, mac_value(address)});
}

IndexReader::IndexReader(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
IndexReader::IndexReader(IndexReader&&) noexcept = default;
IndexReader& IndexReader::operator=(IndexReader&&) noexcept = default;
IndexReader::~IndexReader() = default;

IndexReader::Opened IndexReader::open_source(std::unique_ptr<Impl> impl,
                                             const FileIdentity* recording) {
  Opened opened;
  opened.refusal = impl->open(opened.reason);
  if (opened.refusal != IndexRefusal::kNone) return opened;
  if (recording != nullptr && !same_file(impl->summary.recording, *recording, opened.reason)) {
    opened.refusal = IndexRefusal::kOtherFile;
    return opened;
  }
  opened.reader = IndexReader(std::move(impl));
  return opened;
}

IndexReader::Opened IndexReader::open_path(const std::string& path, const FileIdentity* recording) {
  Opened opened;
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) {
    opened.refusal = errno == ENOENT ? IndexRefusal::kMissing : IndexRefusal::kUnreadable;
    opened.reason = errno_text(errno);
    return opened;
  }
  if (!S_ISREG(status.st_mode)) {
    opened.refusal = IndexRefusal::kUnreadable;
    opened.reason = "not a regular file";
    return opened;
  }
  return open_source(std::make_unique<Impl>(
                         IndexSource(std::move(fd), static_cast<std::uint64_t>(status.st_size))),
                     recording);
}

IndexReader::Opened IndexReader::open_beside(const std::string& recording_path) {
  const std::string path = index_path_of(recording_path);
  for (const bool digest : {false, true}) {
    const std::optional<FileIdentity> identity = identify_file(recording_path, digest);
    if (!identity) {
      Opened opened;
      opened.refusal = IndexRefusal::kUnreadable;
      opened.reason = "the recording cannot be looked at";
      return opened;
    }
    Opened opened = open(path, *identity);
    if (opened.refusal != IndexRefusal::kOtherFile || digest) return opened;
  }
  return {};
}

IndexReader::Opened IndexReader::open(const std::string& path, const FileIdentity& recording) {
  return open_path(path, &recording);
}
IndexReader::Opened IndexReader::open_unchecked(const std::string& path) {
  return open_path(path, nullptr);
}
IndexReader::Opened IndexReader::from_bytes(std::span<const std::uint8_t> bytes,
                                            const FileIdentity& recording) {
  return open_source(std::make_unique<Impl>(IndexSource(bytes)), &recording);
}
IndexReader::Opened IndexReader::from_bytes_unchecked(std::span<const std::uint8_t> bytes) {
  return open_source(std::make_unique<Impl>(IndexSource(bytes)), nullptr);
}

const IndexSummary& IndexReader::summary() const noexcept { return impl_->summary; }
const std::vector<IndexSection>& IndexReader::sections() const noexcept { return impl_->sections; }
const std::string& IndexReader::error() const noexcept { return impl_->error; }
const std::vector<IndexBlock>* IndexReader::blocks() { return impl_->blocks(); }

bool IndexReader::read_row(std::uint32_t id, IndexRow& row) {
  return impl_->read_row(id, row, nullptr);
}
bool IndexReader::read_row_blocks(std::uint32_t id, std::vector<std::uint32_t>& blocks) {
  IndexRow row;
  return impl_->read_row(id, row, &blocks);
}
bool IndexReader::for_each_row(const RowVisitor& visit) { return impl_->for_each_row(visit); }

bool IndexReader::find(const KeyRange& range, RowIds& rows) {
  const std::size_t bytes = key_bytes(range.low.kind);
  return impl_->find(static_cast<std::uint8_t>(range.low.kind),
                     std::span(range.low.value).first(bytes), std::span(range.high).first(bytes),
                     rows);
}

bool IndexReader::find_unknown(KeyKind kind, RowIds& rows) {
  return impl_->find(
      static_cast<std::uint8_t>(static_cast<std::uint8_t>(kind) | index_format::kUnknownBit), {},
      {}, rows);
}

std::uint64_t IndexReader::lost_between(std::uint64_t first_ns, std::uint64_t last_ns) {
  return impl_->lost_between(first_ns, last_ns);
}
bool IndexReader::check() { return impl_->check(); }

}  // namespace capstan
