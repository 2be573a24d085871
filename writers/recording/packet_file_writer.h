// PacketFileWriter: single packets to one file or pipe, pcapng or pcap: for what picks packets out
// of recordings. (A recorder writes whole blocks: recording_writer.h.)
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
  std::uint32_t snaplen = 262144;  // of the head of a pcap file
  Compression compression = Compression::kNone;
  std::string application;  // pcapng: shb_userappl
  std::string comment;      // pcapng: of the section, as it begins
  // pcapng: bytes kept free in the section for set_comment(), where the file can be changed later.
  std::uint16_t comment_room_bytes = 0;
};

// Opens what single packets go to: a file, made or emptied, mode 0640, or "-" for standard output.
// Blocks as open(2) does. Throws UsageError for a terminal, std::system_error when there is no such
// file to be had.
UniqueFd open_packet_output(const std::string& path);

// What takes the bytes of a file that has no name: a connection.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  // Takes all of it, and may block. False: nobody wants more. Throws what ends the writing.
  virtual bool write(std::span<const std::uint8_t> bytes) = 0;
};

// Owns the file. What was put is in it as soon as flush() returns; at any moment the bytes handed
// over are whole records. One thread. Throws std::system_error when writing fails (a regular file
// is then cut to whole records first); a pipe whose reader has gone is no error: closed().
class PacketFileWriter {
 public:
  // Throws UsageError for a terminal, std::system_error when the file cannot be made.
  explicit PacketFileWriter(PacketFileOptions options);
  // To `sink`, which is borrowed; options.path is for messages.
  PacketFileWriter(PacketFileOptions options, ByteSink& sink);
  ~PacketFileWriter();
  PacketFileWriter(const PacketFileWriter&) = delete;
  PacketFileWriter& operator=(const PacketFileWriter&) = delete;

  // An interface: pcapng, the whole Interface Description Block (pcapng_copy.h; nanoseconds); pcap,
  // only `link_type` counts. Returns the number for put().
  // Throws UsageError when a pcap file, which holds one link type, gets a second one.
  std::uint32_t add_interface(std::uint16_t link_type, std::span<const std::uint8_t> block);

  // `options`: pcapng, encoded, without an end of options. The first bytes of a packet that lies in
  // memory; `packet.interface_id` is not looked at.
  void put(std::uint32_t interface, const PacketView& packet,
           std::span<const std::uint8_t> options = {});
  // pcapng: any whole block of the machine's order; left out of pcap files.
  void put_block(std::span<const std::uint8_t> block);

  // pcapng in a regular file: the section's comment becomes `text` (cut to the room there is).
  // Elsewhere nothing happens.
  void set_comment(std::string_view text);

  void flush();
  // Flushes and ends the compressed stream. Nothing may be put behind it.
  void finish();

  bool closed() const noexcept { return closed_; }
  // Of records handed over, before compression.
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
  std::uint64_t bytes_ = 0;    // of whole records
  std::uint64_t written_ = 0;  // in the file
  std::uint64_t start_ = 0;    // where the file stood when it was opened (standard output)
  std::size_t comment_at_ = 0;
  std::unique_ptr<StreamCompressor> compressor_;
};

}  // namespace capstan
