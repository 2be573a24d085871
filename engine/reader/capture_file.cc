#include "engine/reader/capture_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/core/errors.h"
#include "engine/core/tcp_address.h"
#include "engine/core/unique_fd.h"
#include "engine/reader/pcap_reader.h"
#include "engine/reader/pcapng_reader.h"
#include "engine/reader/recording_set.h"
#include "engine/reader/unreadable_file.h"

namespace capstan {

namespace {

// The largest part of a file's start that is looked at to tell its kind.
constexpr std::size_t kLongestMagicBytes = 16;

struct OtherFormat {
  const char* magic;
  std::size_t size;
  const char* name;
};

// Capture files of other programs that are recognised but not read.
constexpr OtherFormat kOtherFormats[] = {
    {"snoop\0\0\0", 8, "a snoop file (RFC 1761)"},
    {"GMBU", 4, "a Microsoft Network Monitor 2 file"},
    {"RTSS", 4, "a Microsoft Network Monitor 1 file"},
    {"TRSNIFF data    ", 16, "a Sniffer file"},
    {"iptrace ", 8, "an AIX iptrace file"},
    {"XCP\0", 4, "a NetXRay file"},
    {"LOGG", 4, "a BLF file"},
};

[[noreturn]] void refuse(const std::string& name, std::span<const std::uint8_t> start) {
  if (start.empty()) {
    const std::string text = fmt::format("{}: empty, so not a capture file", name);
    if (has_recording_name(name)) throw UnreadableFile(text);
    throw UsageError(text);
  }
  if (has_pcap_magic(start)) {
    throw UnreadableFile(fmt::format("{}: a pcap file cut short inside its head: {} of {} bytes",
                                     name, start.size(), kPcapFileHeadBytes));
  }
  for (const OtherFormat& format : kOtherFormats) {
    if (start.size() < format.size || std::memcmp(start.data(), format.magic, format.size) != 0) {
      continue;
    }
    throw UsageError(
        fmt::format("{}: {}, which is not supported; 'editcap -F pcapng' of Wireshark converts it",
                    name, format.name));
  }
  if (const char* packer = unsupported_compression(start.data(), start.size())) {
    throw UsageError(
        fmt::format("{}: compressed with {}, which is not supported; decompress it "
                    "into a pipe and read '-'",
                    name, packer));
  }
  throw UsageError(fmt::format("{}: neither a pcap nor a pcapng file", name));
}

// "tcp:HOST:PORT": pcap over IP.
std::optional<TcpName> tcp_source(const std::string& path) {
  if (!is_tcp_source(path)) return std::nullopt;
  std::optional<TcpName> name = parse_tcp_name(std::string_view(path).substr(kTcpSource.size()));
  if (!name || name->host.empty()) {
    throw UsageError(fmt::format("{}: it is tcp:HOST:PORT, or tcp:[ADDRESS]:PORT", path));
  }
  return name;
}

// libpcap's rule: 2.0 to 2.4, and 543.0 of DG/UX.
bool is_supported_version(const PcapFileHead& head) noexcept {
  return (head.version_major == 2 && head.version_minor <= 4) ||
         (head.version_major == 543 && head.version_minor == 0);
}

bool has_magic(std::span<const std::uint8_t> start) noexcept {
  return has_pcapng_magic(start) || has_pcap_magic(start);
}

UniqueFd open_for_reading(const std::string& path) {
  if (const std::optional<TcpName> name = tcp_source(path)) return connect_tcp(*name);
  UniqueFd fd(path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                          : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno == ENOENT) throw UsageError(fmt::format("{}: {}", path, errno_text(errno)));
  if (!fd) throw UnreadableFile(fmt::format("{}: {}", path, errno_text(errno)));
  return fd;
}

// Somebody holds an exclusive flock on it: a recorder that is writing.
bool is_locked(int fd) noexcept {
  if (::flock(fd, LOCK_SH | LOCK_NB) != 0) return errno == EWOULDBLOCK;
  ::flock(fd, LOCK_UN);
  return false;
}

ByteWindow map_file(int fd, std::size_t size, const std::string& path) {
  MappedFile mapping = MappedFile::map(fd, size);
  if (!mapping) throw_errno(fmt::format("map {} ({} bytes)", path, size));
  mapping.region().leave_out_of_dumps();
  return ByteWindow(std::move(mapping));
}

bool is_packed(int fd) noexcept {
  std::uint8_t start[kCompressionMagicBytes] = {};
  const ssize_t count = ::pread(fd, start, sizeof(start), 0);
  return count > 0 &&
         detect_compression(start, static_cast<std::size_t>(count)) != Compression::kNone;
}

}  // namespace

std::string CaptureFormat::text() const {
  if (kind == Kind::kPcapng) return "pcapng";
  if (!variant.empty()) return "pcap, " + variant;
  return nanoseconds ? "pcap, nanoseconds" : "pcap";
}

std::string FileEnd::text() const {
  switch (kind) {
    case Kind::kNotYet:
      return "not read to the end";
    case Kind::kClean:
      return {};
    case Kind::kCutShort:
      return fmt::format("cut short at byte {}: {}", offset, reason);
    case Kind::kDamaged:
      return fmt::format("damaged at byte {}: {}", offset, reason);
    case Kind::kFailed:
      return fmt::format("not readable behind byte {}: {}", offset, reason);
  }
  return {};
}

CaptureFile::CaptureFile(ByteWindow window, const std::string& name)
    : name_(name), packets_stay_valid_(window.is_stable()) {
  while (window.bytes().size() < kPcapFileHeadBytes && window.more(0)) {
  }
  if (window.bytes().size() < kLongestMagicBytes && !window.error().empty()) {
    throw UnreadableFile(fmt::format("{}: {}", name, window.error()));
  }
  if (window.bytes().size() >= kLongestMagicBytes && !has_magic(window.bytes())) {
    const FileEnd end = window.true_end({FileEnd::Kind::kClean, window.bytes().size(), {}, false});
    if (!end.clean()) throw UnreadableFile(fmt::format("{}: {}", name, end.text()));
  }
  if (has_pcapng_magic(window.bytes())) {
    format_.kind = CaptureFormat::Kind::kPcapng;
    if (window.bytes().size() >= kPcapFileHeadBytes) {
      const auto head = parse_section_head(window.bytes());
      format_.byte_swapped = head.has_value() && head->byte_swapped;
    }
    reader_ = make_pcapng_reader(std::move(window));
    return;
  }
  const std::optional<PcapFileHead> head = parse_pcap_head(window.bytes());
  if (!head) refuse(name, window.bytes());
  if (!is_supported_version(*head)) {
    throw UsageError(fmt::format("{}: pcap version {}.{}, which is not supported (2.0 to 2.4 are)",
                                 name, head->version_major, head->version_minor));
  }
  format_.kind = CaptureFormat::Kind::kPcap;
  format_.byte_swapped = head->byte_swapped;
  format_.nanoseconds = head->nanoseconds;
  format_.variant = head->variant;
  reader_ = make_pcap_reader(std::move(window));
}

CaptureFile CaptureFile::open(const std::string& path, ReadManner manner,
                              const std::atomic<bool>* stop, std::function<void()> idle) {
  UniqueFd fd = open_for_reading(path);
  const std::string name = path == "-" ? "standard input" : path;
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw_errno("stat " + name);
  if (S_ISDIR(status.st_mode)) {
    throw UsageError(fmt::format("{}: a directory, not a capture file", name));
  }
  const bool regular = S_ISREG(status.st_mode);
  const bool being_written = regular && is_locked(fd.get());
  // Standard input may have been read from already: then it is a stream like any other.
  const bool at_start = regular && ::lseek(fd.get(), 0, SEEK_CUR) == 0;
  const bool is_plain = at_start && status.st_size > 0 && !is_packed(fd.get());
  const bool mappable = is_plain && !being_written && manner == ReadManner::kOrdinary;
  const auto open_stream = [&] {
    // A descriptor of one's own: O_DIRECT is a flag of what was opened, which standard input
    // shares.
    const bool quiet = at_start && path != "-" && (being_written || manner == ReadManner::kGentle);
    if (quiet && is_plain) {
      const auto how = being_written ? QuietFile::Manner::kDirect : QuietFile::Manner::kUncached;
      return CaptureFile(ByteWindow(std::make_unique<QuietStream>(QuietFile(std::move(fd), how))),
                         name);
    }
    if (regular) {  // nobody waits for one
      stop = nullptr;
      idle = nullptr;
    }
    auto stream = std::make_unique<FdStream>(std::move(fd), stop, std::move(idle));
    const std::vector<std::uint8_t>& start = stream->peek(kCompressionMagicBytes);
    const Compression compression = detect_compression(start.data(), start.size());
    CaptureFile streamed(ByteWindow(decompress(compression, std::move(stream))), name);
    streamed.format_.compression = compression;
    return streamed;
  };
  CaptureFile file =
      mappable
          ? CaptureFile(map_file(fd.get(), static_cast<std::size_t>(status.st_size), name), name)
          : open_stream();
  if (regular) file.size_bytes_ = static_cast<std::uint64_t>(status.st_size);
  file.being_written_ = being_written;
  return file;
}

CaptureFile CaptureFile::open_ranges(const std::string& path, std::vector<ByteRange> ranges) {
  UniqueFd fd = open_for_reading(path);
  // What the kernel would read ahead lies between the ranges, and would stay in the cache. Advice.
  static_cast<void>(::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_RANDOM));
  QuietFile file(std::move(fd), QuietFile::Manner::kUncached);
  return CaptureFile(ByteWindow(std::make_unique<QuietStream>(std::move(file), std::move(ranges))),
                     path);
}

CaptureFile CaptureFile::from_bytes(std::span<const std::uint8_t> bytes, const std::string& name) {
  CaptureFile file(ByteWindow(bytes), name);
  file.size_bytes_ = bytes.size();
  return file;
}

CaptureFile CaptureFile::from_stream(std::unique_ptr<ByteStream> stream, const std::string& name) {
  return CaptureFile(ByteWindow(std::move(stream)), name);
}

}  // namespace capstan
