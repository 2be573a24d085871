// PacketFileWriter: writes single packets to one file or pipe, as pcapng or pcap; for commands that
// select packets from recordings. (A recorder writes complete blocks: recording_writer.h.)
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/block/packet_view.h"
#include "engine/core/unique_fd.h"
#include "engine/reader/byte_stream.h"

namespace capstan {

class StreamCompressor;

enum class PacketFileFormat : std::uint8_t { kPcapng, kPcap, kPcapNanoseconds };

struct PacketFileOptions {
  std::string path;  // "-": standard output
  PacketFileFormat format = PacketFileFormat::kPcapng;
  std::uint32_t snaplen = 262144;  // in the head of a pcap file
  Compression compression = Compression::kNone;
  std::string application;  // pcapng: shb_userappl
  std::string comment;      // pcapng: comment of the section, at the start
  // pcapng: bytes kept free in the section for set_comment(), where the file can be changed later.
  std::uint16_t comment_room_bytes = 0;
};

// Opens the output for single packets: a file, created or truncated, mode 0640, or "-" for standard
// output. May block like open(2). Throws UsageError for a terminal, std::system_error when the file
// cannot be opened.
UniqueFd open_packet_output(const std::string& path);

// Takes the bytes of a file that is not on disk, such as a connection.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  // Takes all bytes; may block. Returns false when the receiver wants no more. An exception from
  // here ends the writing.
  virtual bool write(std::span<const std::uint8_t> bytes) = 0;
};

// Owns the file. Every packet that was put is in the file once flush() returns; the bytes handed
// over at any moment are complete records. One thread. Throws std::system_error when writing fails
// (a regular file is first cut back to complete records). A pipe whose reader has gone is not an
// error: see closed().
class PacketFileWriter {
 public:
  // Throws UsageError for a terminal, std::system_error when the file cannot be created.
  explicit PacketFileWriter(PacketFileOptions options);
  // Writes to `sink`, which is borrowed; options.path is used in messages.
  PacketFileWriter(PacketFileOptions options, ByteSink& sink);
  ~PacketFileWriter();
  PacketFileWriter(const PacketFileWriter&) = delete;
  PacketFileWriter& operator=(const PacketFileWriter&) = delete;

  // Adds an interface and returns its number for put(). `block`: pcapng: the complete Interface
  // Description Block (pcapng_copy.h; nanoseconds); for pcap only `link_type` counts. Throws
  // UsageError when a pcap file, which holds one link type, gets a second one.
  std::uint32_t add_interface(std::uint16_t link_type, std::span<const std::uint8_t> block);

  // Writes a packet. `options`: for pcapng, encoded, without an end of options.
  // `packet.interface_id` is ignored. Only the bytes of the packet that are in memory are written.
  void put(std::uint32_t interface, const PacketView& packet,
           std::span<const std::uint8_t> options = {});
  // pcapng: writes any complete block in native byte order; pcap: ignored.
  void put_block(std::span<const std::uint8_t> block);

  // pcapng in a regular file: replaces the section's comment by `text`, cut to the reserved bytes.
  // Does nothing for other outputs.
  void set_comment(std::string_view text);

  void flush();
  // Flushes and ends the compressed stream. Nothing may be put afterwards.
  void finish();

  // Whether the receiver wants no more bytes.
  bool closed() const noexcept { return closed_; }
  // Bytes of the records handed over, before compression.
  std::uint64_t bytes() const noexcept { return bytes_; }
  PacketFileFormat format() const noexcept { return options_.format; }
  std::uint32_t interfaces() const noexcept { return interfaces_; }

 private:
  void begin();
  void append(const void* data, std::size_t size);
  void end_record();
  void write_all(const std::uint8_t* data, std::size_t size);
  void compress(bool last);
  [[noreturn]] void fail(int error);

  PacketFileOptions options_;
  UniqueFd fd_;
  ByteSink* sink_ = nullptr;  // instead of fd_
  bool regular_ = false;
  bool has_dontcache_ = true;
  bool closed_ = false;
  int link_type_ = -1;
  std::uint32_t interfaces_ = 0;
  std::vector<std::uint8_t> buffer_;
  std::uint64_t bytes_ = 0;    // of complete records
  std::uint64_t written_ = 0;  // in the file
  std::uint64_t start_ = 0;    // file position at the start (standard output)
  std::size_t comment_at_ = 0;
  std::unique_ptr<StreamCompressor> compressor_;
};

}  // namespace capstan
