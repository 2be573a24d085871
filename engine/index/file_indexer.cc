#include "engine/index/file_indexer.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "engine/core/errors.h"
#include "engine/core/read_all.h"
#include "engine/core/unique_fd.h"
#include "engine/index/index_sections.h"
#include "engine/index/ledger_gain.h"
#include "engine/reader/capture_file.h"
#include "engine/reader/quiet_file.h"
#include "engine/reader/unreadable_file.h"

namespace capstan {

namespace {

// Walks a CaptureFile and cuts it into the blocks of its index.
class Indexer {
 public:
  Indexer(CaptureFile& file, const IndexRecordingOptions& options)
      : file_(file), options_(options), builder_(options.limits) {}

  // False: progress() ended it.
  bool run() {
    PacketView packet;
    while (true) {
      const ReadItem item = file_.next_item(packet);
      if (item == ReadItem::kEnd) break;
      if (cuts_here(item) && !end_block(file_.item_offset())) return false;
      if (item == ReadItem::kPacket) [[likely]] {
        gain_.add_packet(packet.timestamp_ns, packet.dropped_before);
        account_.add_packet(packet);
        builder_.add_packet(packet);
        ++block_.packets;
      } else {
        read_item(item);
      }
    }
    // A file that breaks off has what is read of it in blocks; nothing behind that.
    indexed.end_offset = file_.end().offset;
    indexed.whole = file_.end().clean();
    indexed.pcap = file_.format().kind == CaptureFormat::Kind::kPcap;
    take_losses(account_.finish({indexed.whole, false}), indexed);
    return end_block(indexed.end_offset);
  }

  IndexBuilder& builder() noexcept { return builder_; }
  IndexedFile indexed;

 private:
  bool cuts_here(ReadItem item) const noexcept {
    const std::uint64_t length = file_.item_offset() - block_.offset;
    if (length == 0) return false;
    if (item == ReadItem::kSection) return true;
    if (item == ReadItem::kBlockHead) return length >= options_.block_bytes / 2;
    return length >= options_.block_bytes;
  }

  void read_item(ReadItem item) {
    account_.add_item(item, file_, file_.item_offset());
    switch (item) {
      case ReadItem::kSection:
        indexed.sections.push_back({file_.item_offset(), {}});
        block_.section = static_cast<std::uint32_t>(indexed.sections.size() - 1);
        block_.interfaces = 0;
        gain_.begin_section();
        break;
      case ReadItem::kInterface:
        if (indexed.sections.empty()) break;
        indexed.sections.back().interfaces.push_back(
            {file_.item_offset(), 0, file_.interfaces().back().link_type});
        break;
      case ReadItem::kBlockHead:
        gain_.add_head(file_.block_head());
        block_.ring = file_.block_head().ring;
        break;
      default:
        break;
    }
  }

  bool end_block(std::uint64_t end) {
    if (end <= block_.offset) return true;
    block_.length_bytes = end - block_.offset;
    gain_.take(block_);
    builder_.end_block(block_);
    IndexBlock next;
    next.offset = end;
    next.section = block_.section;
    next.ring = block_.ring;
    if (!indexed.sections.empty()) {
      next.interfaces = static_cast<std::uint32_t>(indexed.sections.back().interfaces.size());
    }
    block_ = next;
    return !options_.progress || options_.progress(end);
  }

  CaptureFile& file_;
  const IndexRecordingOptions& options_;
  IndexBuilder builder_;
  IndexBlock block_;
  LedgerGain gain_;
  LossAccount account_;
};

CaptureFile open_recording(const std::string& path, bool gentle) {
  if (!gentle) return CaptureFile::open(path);
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw_errno("open " + path);
  return CaptureFile::from_stream(
      std::make_unique<QuietStream>(QuietFile(std::move(fd), QuietFile::Manner::kDirect)), path);
}

// Somebody holds an exclusive flock on it: a recorder.
bool is_locked(int fd) noexcept {
  if (::flock(fd, LOCK_SH | LOCK_NB) != 0) return errno == EWOULDBLOCK;
  ::flock(fd, LOCK_UN);
  return false;
}

// Why a file gets no index; empty: it may.
std::string refusal_of(int fd) {
  if (is_locked(fd)) return "still being written by a recorder";
  std::array<std::uint8_t, kCompressionMagicBytes> start{};
  const ssize_t count = ::pread(fd, start.data(), start.size(), 0);
  if (count > 0 &&
      detect_compression(start.data(), static_cast<std::size_t>(count)) != Compression::kNone) {
    return "compressed: no part of it can be read alone";
  }
  return {};
}

}  // namespace

IndexedRecording index_recording(const std::string& path, const IndexRecordingOptions& options) {
  IndexedRecording result;
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) {
    if (errno == ENOENT) throw UsageError(path + ": " + errno_text(errno));
    throw UnreadableFile(path + ": " + errno_text(errno));
  }
  const std::optional<FileIdentity> before = identify_file(fd.get(), true);
  if (!before) {
    if (errno == EINVAL) throw UsageError(path + ": not a regular file");
    throw UnreadableFile(path + ": " + errno_text(errno));
  }
  result.refusal = refusal_of(fd.get());
  if (!result.refusal.empty()) return result;
  CaptureFile file = open_recording(path, options.gentle);
  Indexer indexer(file, options);
  if (!indexer.run()) {
    result.stopped = true;
    return result;
  }
  if (file.end().kind == FileEnd::Kind::kFailed) {
    throw std::system_error(EIO, std::generic_category(), path + ": " + file.end().text());
  }
  const std::optional<FileIdentity> after = identify_file(fd.get(), true);
  if (!after) throw UnreadableFile(path + ": " + errno_text(errno));
  if (after->size_bytes != before->size_bytes || after->digest != before->digest ||
      after->modified_ns != before->modified_ns) {
    result.refusal = "it changed while it was read";
    return result;
  }
  measure_interfaces(indexer.indexed, file.sections(),
                     [&fd](std::uint64_t offset, std::uint8_t* to, std::size_t size) {
                       return pread_all(fd.get(), {to, size}, offset) == 0;
                     });
  indexer.indexed.identity = *after;
  result.damage = file.end().text();
  result.packets = indexer.builder().packets();
  result.bytes = indexer.builder().finish(indexer.indexed);
  return result;
}

IndexedRecording index_bytes(std::span<const std::uint8_t> bytes, const std::string& name,
                             const IndexRecordingOptions& options) {
  IndexedRecording result;
  CaptureFile file = CaptureFile::from_bytes(bytes, name);
  Indexer indexer(file, options);
  if (!indexer.run()) {
    result.stopped = true;
    return result;
  }
  measure_interfaces(indexer.indexed, file.sections(),
                     [bytes](std::uint64_t offset, std::uint8_t* to, std::size_t size) {
                       if (offset > bytes.size() || size > bytes.size() - offset) return false;
                       std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), size, to);
                       return true;
                     });
  indexer.indexed.identity = identify_bytes(bytes);
  result.damage = file.end().text();
  result.packets = indexer.builder().packets();
  result.bytes = indexer.builder().finish(indexer.indexed);
  return result;
}

}  // namespace capstan
