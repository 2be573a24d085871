// PacketCopier: copies packets from the stream of a SetReader to a PacketFileWriter, with
// everything that belongs to them: interfaces, options, comments, names and secrets.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/reader/set_reader.h"
#include "writers/recording/packet_file_writer.h"
#include "writers/recording/pcapng_copy.h"

namespace capstan {

struct CopyOptions {
  bool statistics = false;  // Interface Statistics Blocks too: for a copy with all packets
  bool others = false;      // blocks of every type, not only names and secrets
  bool events = true;       // blocks with what happened to links
  // Write interfaces without packets too. Other programs refuse files whose interfaces differ in
  // link type or snap length, so a selection from many files is written without them.
  bool silent_interfaces = false;
  bool origin = false;        // add a comment to each packet with its file and offset in bytes
  std::uint32_t snaplen = 0;  // packets are cut to so many bytes; 0: not cut
  // A name for each file of the set, where each comes from a machine of its own: its interfaces are
  // called SENSOR:NAME. Empty: their names stay.
  std::vector<std::string> sensors;
};

// Counts of blocks that could not be written to the output.
struct NotCopied {
  std::uint64_t private_blocks = 0;  // custom blocks that must not be copied
  std::uint64_t foreign_blocks = 0;  // unknown blocks in the other byte order
  std::uint64_t pcap_blocks = 0;     // names, secrets, comments, statistics, events
};

// Listener of the reader; used on the same single thread. The set and the writer are borrowed.
class PacketCopier final : public SetListener {
 public:
  PacketCopier(const RecordingSet& set, CopyOptions options);

  // Packets go to `writer` from now on. A new file gets its interfaces when they are needed.
  void set_writer(PacketFileWriter& writer);

  void on_item(std::uint32_t file, ReadItem item, const CaptureFile& capture) override;
  // Writes a packet. `text`: a further comment on it; empty: none. `inside`: a packet to be written
  // instead of packet.packet, with its own link type; null: packet.packet itself.
  void put(const SetPacket& packet, std::string_view text = {}, const PacketView* inside = nullptr);

  // If the file has no interface yet, adds the first one met so far, or Ethernet: other programs
  // refuse a file without interfaces.
  void finish_interfaces();

  const NotCopied& not_copied() const noexcept { return not_copied_; }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  // An interface of the output; the description is the key of known_.
  struct Output {
    std::uint16_t link_type = 0;
    const std::string* block = nullptr;
    std::uint32_t number = kNone;  // in the present writer; kNone: not written to it yet
  };
  // The facts about one input file.
  struct Input {
    SectionTexts section;
    std::vector<std::size_t> interfaces;  // from the file's interface numbers to outputs_
    // How many interfaces of the present section have a description of known_.
    std::map<const std::string*, std::size_t> in_section;
  };

  std::size_t output_for(Input& input, std::uint16_t link_type, std::string block);
  std::size_t with_link_type(std::size_t output, std::uint16_t link_type);
  std::uint32_t number_of(std::size_t output);
  void add_interface(std::uint32_t file, const CaptureFile& capture);
  void add_other(const CaptureFile& capture);
  bool is_pcap() const noexcept { return writer_->format() != PacketFileFormat::kPcapng; }

  const RecordingSet& set_;
  CopyOptions options_;
  PacketFileWriter* writer_ = nullptr;
  std::vector<Input> inputs_;
  std::vector<Output> outputs_;
  std::map<std::string, std::vector<std::size_t>> known_;  // from descriptions to outputs_
  std::vector<std::uint8_t> scratch_;
  NotCopied not_copied_;
};

}  // namespace capstan
