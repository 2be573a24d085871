// PacketCopier: from the stream of a SetReader to a PacketFileWriter, with all that belongs to the
// packets: their interfaces, options, comments, names and secrets.
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
  bool statistics = false;  // Interface Statistics Blocks too: of a copy that has all packets
  bool others = false;      // blocks of every kind, not names and secrets alone
  bool events = true;       // what happened to links
  // Interfaces without a packet in the output too. Other programs refuse files whose interfaces
  // differ in link type or snap length, so that what is picked out of many files has none of them.
  bool silent_interfaces = false;
  bool origin = false;        // each packet says in a comment which file and byte it came from
  std::uint32_t snaplen = 0;  // packets are cut to so many bytes; 0: not
};

// What the output has no place for.
struct NotCopied {
  std::uint64_t private_blocks = 0;  // custom blocks that are not to be copied
  std::uint64_t foreign_blocks = 0;  // unknown blocks of the other byte order
  std::uint64_t pcap_blocks = 0;  // names, secrets, comments, statistics and events: pcap has none
};

// Listens to the reader; the same one thread. Set and writer are borrowed.
class PacketCopier final : public SetListener {
 public:
  PacketCopier(const RecordingSet& set, CopyOptions options);

  // Where packets go from now on: a new file gets its interfaces when they are needed.
  void set_writer(PacketFileWriter& writer);

  void on_item(std::uint32_t file, ReadItem item, const CaptureFile& capture) override;
  // `text`: a further comment on the packet; empty: none. `inside`: the packet to be written
  // instead of packet.packet, of the link type it has; null: itself.
  void put(const SetPacket& packet, std::string_view text = {}, const PacketView* inside = nullptr);

  // A file without interfaces is refused by other programs: it gets those met so far, or Ethernet.
  void finish_interfaces();

  const NotCopied& not_copied() const noexcept { return not_copied_; }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  // An interface of the output; the description is the key of known_.
  struct Output {
    std::uint16_t link_type = 0;
    const std::string* block = nullptr;
    std::uint32_t number = kNone;  // in the present writer; kNone: not yet in it
  };
  // What is known of one input file.
  struct Input {
    SectionTexts section;
    std::vector<std::size_t> interfaces;  // the file's numbers to outputs_
    std::size_t section_start = 0;        // of them
  };

  std::size_t output_for(Input& input, std::uint16_t link_type, std::string block);
  std::size_t with_link_type(std::size_t output, std::uint16_t link_type);
  std::uint32_t number_of(std::size_t output);
  void add_interface(Input& input, const CaptureFile& capture);
  void add_other(const CaptureFile& capture);
  bool is_pcap() const noexcept { return writer_->format() != PacketFileFormat::kPcapng; }

  const RecordingSet& set_;
  CopyOptions options_;
  PacketFileWriter* writer_ = nullptr;
  std::vector<Input> inputs_;
  std::vector<Output> outputs_;
  std::map<std::string, std::vector<std::size_t>> known_;  // descriptions to outputs_
  std::vector<std::uint8_t> scratch_;
  NotCopied not_copied_;
};

}  // namespace capstan
