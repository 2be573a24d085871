#include "writers/recording/packet_file_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "engine/core/check.h"
#include "engine/core/errors.h"
#include "engine/format/link_type.h"
#include "engine/format/pcapng.h"
#include "writers/recording/pcap_format.h"
#include "writers/recording/pcapng_copy.h"
#include "writers/recording/pcapng_format.h"
#include "writers/recording/stream_compressor.h"

#ifndef RWF_DONTCACHE
#define RWF_DONTCACHE 0x00000080  // linux/fs.h of Linux 6.14
#endif

namespace capstan {

namespace {

constexpr std::size_t kMostPipedComment = 1024;

constexpr std::size_t kPieceBytes = std::size_t{1} << 20;

}  // namespace

PacketFileWriter::PacketFileWriter(PacketFileOptions options)
    : options_(std::move(options)), fd_(open_packet_output(options_.path)) {
  struct stat status {};
  regular_ = ::fstat(fd_.get(), &status) == 0 && S_ISREG(status.st_mode);
  if (regular_) {
    const off_t at = ::lseek(fd_.get(), 0, SEEK_CUR);
    // Appended to what somebody else wrote (>>): there is no going back in it.
    const int flags = ::fcntl(fd_.get(), F_GETFL);
    if (at < 0 || (flags & O_APPEND) != 0) regular_ = false;
    start_ = at > 0 ? static_cast<std::uint64_t>(at) : 0;
  }
  if (options_.compression != Compression::kNone)
    compressor_ = std::make_unique<StreamCompressor>(options_.compression);
  buffer_.reserve(kPieceBytes + (std::size_t{256} << 10));
  if (options_.format == PacketFileFormat::kPcapng) begin();
}

PacketFileWriter::PacketFileWriter(PacketFileOptions options, ByteSink& sink)
    : options_(std::move(options)), sink_(&sink) {
  if (options_.compression != Compression::kNone)
    compressor_ = std::make_unique<StreamCompressor>(options_.compression);
  if (options_.format == PacketFileFormat::kPcapng) begin();
}

PacketFileWriter::~PacketFileWriter() = default;

// The section header, with room for a comment that is known at the end: an option without meaning.
// Only where it can be filled in later; and dumpcap, which reads pipes for Wireshark, has no more
// than 2048 bytes for this block and dies of a larger one (4.0, pcapng_pipe_open_live).
void PacketFileWriter::begin() {
  RecordingHeader header;
  header.application = options_.application;
  header.comment = options_.comment;
  const bool fillable = regular_ && !compressor_;
  if (!fillable) header.comment.resize(std::min(header.comment.size(), kMostPipedComment));
  std::vector<std::uint8_t> block = encode_pcapng_header(header);
  if (options_.comment_room_bytes != 0 && fillable) {
    // The end of options and the trailing length give way to it.
    const std::size_t room = pcapng::padded4(options_.comment_room_bytes);
    block.resize(block.size() - pcapng::kOptionHeaderBytes - pcapng::kBlockTrailerBytes);
    comment_at_ = block.size();
    const pcapng::OptionHeader filler{pcapng::kOptCapstanFiller, static_cast<std::uint16_t>(room)};
    const auto* at = reinterpret_cast<const std::uint8_t*>(&filler);
    block.insert(block.end(), at, at + sizeof(filler));
    block.resize(block.size() + room + pcapng::kOptionHeaderBytes);
    const auto length = static_cast<std::uint32_t>(block.size() + pcapng::kBlockTrailerBytes);
    std::memcpy(block.data() + 4, &length, sizeof(length));
    const auto* tail = reinterpret_cast<const std::uint8_t*>(&length);
    block.insert(block.end(), tail, tail + sizeof(length));
  }
  append(block.data(), block.size());
  end_record();
}

std::uint32_t PacketFileWriter::add_interface(std::uint16_t link_type,
                                              std::span<const std::uint8_t> block) {
  if (options_.format == PacketFileFormat::kPcapng) {
    put_block(block);
    return interfaces_++;
  }
  if (link_type_ < 0) {
    link_type_ = link_type;
    const PcapFileHeader head = make_pcap_file_header(
        options_.format == PacketFileFormat::kPcapNanoseconds, options_.snaplen, link_type);
    append(&head, sizeof(head));
    end_record();
  }
  if (link_type != link_type_) {
    throw UsageError(fmt::format(
        "{}: a pcap file holds one link type, {}, and now comes {}; choose with a filter, or write "
        "pcapng",
        options_.path, link_type_text(static_cast<std::uint16_t>(link_type_)),
        link_type_text(link_type)));
  }
  return interfaces_++;
}

void PacketFileWriter::put(std::uint32_t interface, const PacketView& packet,
                           std::span<const std::uint8_t> options) {
  if (options_.format != PacketFileFormat::kPcapng) {
    const PcapRecordHeader head =
        make_pcap_record_header(packet.timestamp_ns, packet.caplen, packet.wirelen,
                                options_.format == PacketFileFormat::kPcapNanoseconds);
    append(&head, sizeof(head));
    append(packet.data, packet.caplen);
    end_record();
    return;
  }
  constexpr std::uint8_t kZeros[4] = {};
  const std::size_t padding = pcapng::padded4(packet.caplen) - packet.caplen;
  const std::size_t option_bytes =
      options.empty() ? 0 : options.size() + pcapng::kOptionHeaderBytes;
  pcapng::EnhancedPacketHead head{};
  head.type = pcapng::kEnhancedPacketBlock;
  head.total_length =
      static_cast<std::uint32_t>(pcapng::kEnhancedPacketHeadBytes + packet.caplen + padding +
                                 option_bytes + pcapng::kBlockTrailerBytes);
  head.interface_id = interface;
  head.timestamp_high = static_cast<std::uint32_t>(packet.timestamp_ns >> 32);
  head.timestamp_low = static_cast<std::uint32_t>(packet.timestamp_ns);
  head.caplen = packet.caplen;
  head.wirelen = packet.wirelen;
  append(&head, sizeof(head));
  append(packet.data, packet.caplen);
  append(kZeros, padding);
  if (!options.empty()) {
    append(options.data(), options.size());
    append(kZeros, sizeof(kZeros));
  }
  append(&head.total_length, sizeof(head.total_length));
  end_record();
}

void PacketFileWriter::put_block(std::span<const std::uint8_t> block) {
  if (options_.format != PacketFileFormat::kPcapng) return;
  append(block.data(), block.size());
  end_record();
}

void PacketFileWriter::append(const void* data, std::size_t size) {
  const auto* at = static_cast<const std::uint8_t*>(data);
  buffer_.insert(buffer_.end(), at, at + size);
}

void PacketFileWriter::end_record() {
  if (buffer_.size() >= kPieceBytes) flush();
}

void PacketFileWriter::flush() {
  if (closed_) {
    buffer_.clear();
    return;
  }
  bytes_ += buffer_.size();
  if (compressor_) {
    compress(false);
  } else {
    write_all(buffer_.data(), buffer_.size());
  }
  buffer_.clear();
}

void PacketFileWriter::compress(bool last) {
  std::span<const std::uint8_t> in(buffer_);
  for (bool more = true; more && !closed_;) {
    std::size_t filled = 0;
    more = compressor_->compress(in, last, filled);
    write_all(compressor_->out(), filled);
  }
}

void PacketFileWriter::write_all(const std::uint8_t* data, std::size_t size) {
  if (sink_ != nullptr && !closed_) {
    closed_ = !sink_->write({data, size});
    return;
  }
  while (size > 0 && !closed_) {
    ssize_t count = 0;
    if (regular_ && has_dontcache_) {
      iovec vector{};
      vector.iov_base = const_cast<std::uint8_t*>(data);  // a write only reads it
      vector.iov_len = size;
      count = ::pwritev2(fd_.get(), &vector, 1, -1, RWF_DONTCACHE);
      if (count < 0 && (errno == EOPNOTSUPP || errno == EINVAL)) {
        has_dontcache_ = false;
        continue;
      }
    } else {
      count = ::write(fd_.get(), data, size);
    }
    if (count < 0) {
      if (errno == EINTR) continue;
      if (errno == EPIPE) {
        closed_ = true;
        return;
      }
      fail(errno);
    }
    data += count;
    size -= static_cast<std::size_t>(count);
    written_ += static_cast<std::uint64_t>(count);
  }
}

// What stands in front of the record that did not fit is a whole file.
void PacketFileWriter::fail(int error) {
  closed_ = true;
  if (regular_ && !compressor_) {
    std::uint64_t whole = bytes_ - buffer_.size();
    std::size_t at = 0;
    const std::uint64_t limit = written_;
    while (at + 16 <= buffer_.size()) {
      std::uint32_t length = 0;
      if (options_.format == PacketFileFormat::kPcapng) {
        std::memcpy(&length, buffer_.data() + at + 4, sizeof(length));
      } else if (whole == 0) {
        length = sizeof(PcapFileHeader);
      } else {
        std::memcpy(&length, buffer_.data() + at + 8, sizeof(length));
        length += static_cast<std::uint32_t>(sizeof(PcapRecordHeader));
      }
      if (whole + length > limit) break;
      whole += length;
      at += length;
    }
    if (::ftruncate(fd_.get(), static_cast<off_t>(start_ + whole)) != 0) {
      // The error that follows is the first one, and says what has to be mended.
    }
  }
  throw_system_error(error, fmt::format("write {}", options_.path),
                     "What was written so far can be read");
}

void PacketFileWriter::set_comment(std::string_view text) {
  if (comment_at_ == 0 || !regular_ || compressor_ || closed_ || text.empty()) return;
  const std::size_t room = pcapng::padded4(options_.comment_room_bytes);
  std::string_view kept = text.substr(0, room - pcapng::kOptionHeaderBytes);
  while (!kept.empty() && kept.size() < text.size() &&
         (static_cast<unsigned char>(text[kept.size()]) & 0xC0U) == 0x80U) {
    kept.remove_suffix(1);  // no half of a UTF-8 sequence
  }
  std::vector<std::uint8_t> option;
  append_comment(option, kept);
  // What is left of the room stays an option without meaning.
  const std::size_t left = room + pcapng::kOptionHeaderBytes - option.size();
  CAPSTAN_CHECK(left % 4 == 0 && left >= pcapng::kOptionHeaderBytes, left);
  const pcapng::OptionHeader filler{pcapng::kOptCapstanFiller,
                                    static_cast<std::uint16_t>(left - pcapng::kOptionHeaderBytes)};
  const auto* at = reinterpret_cast<const std::uint8_t*>(&filler);
  option.insert(option.end(), at, at + sizeof(filler));
  flush();
  const auto place = static_cast<off_t>(start_ + comment_at_);
  if (::pwrite(fd_.get(), option.data(), option.size(), place) !=
      static_cast<ssize_t>(option.size())) {
    throw_errno(fmt::format("write {}", options_.path));
  }
}

void PacketFileWriter::finish() {
  if (compressor_ && !closed_) {
    bytes_ += buffer_.size();
    compress(true);
    buffer_.clear();
    return;
  }
  flush();
}

}  // namespace capstan
