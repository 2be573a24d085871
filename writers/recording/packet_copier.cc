#include "writers/recording/packet_copier.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "engine/core/byte_order.h"
#include "engine/format/pcapng.h"
#include "writers/recording/pcapng_format.h"

namespace capstan {

PacketCopier::PacketCopier(const RecordingSet& set, CopyOptions options)
    : set_(set), options_(std::move(options)), inputs_(set.files.size()) {}

void PacketCopier::set_writer(PacketFileWriter& writer) {
  writer_ = &writer;
  for (Output& output : outputs_) output.number = kNone;
}

void PacketCopier::on_item(std::uint32_t file, ReadItem item, const CaptureFile& capture) {
  Input& input = inputs_[file];
  switch (item) {
    case ReadItem::kSection:
      input.section = section_texts(capture.item_bytes(), capture.sections().back().byte_swapped);
      input.in_section.clear();
      break;
    case ReadItem::kInterface:
      add_interface(file, capture);
      break;
    case ReadItem::kStatistics: {
      const InterfaceStatistics& statistics = capture.statistics();
      if (!options_.statistics || statistics.interface_id >= input.interfaces.size()) break;
      if (is_pcap()) {
        ++not_copied_.pcap_blocks;
        break;
      }
      scratch_.clear();
      append_statistics_block(scratch_, statistics,
                              number_of(input.interfaces[statistics.interface_id]));
      writer_->put_block(scratch_);
      break;
    }
    case ReadItem::kEvent: {
      RecordedEvent event = capture.event();
      if (!options_.events || event.interface_id >= input.interfaces.size()) break;
      if (is_pcap()) {
        ++not_copied_.pcap_blocks;
        break;
      }
      event.interface_id = number_of(input.interfaces[event.interface_id]);
      scratch_.clear();
      append_event(scratch_, event);
      writer_->put_block(scratch_);
      break;
    }
    case ReadItem::kOther:
      add_other(capture);
      break;
    case ReadItem::kBlockHead:  // its counts are of all packets, in the order of the file
    case ReadItem::kFileClose:
    case ReadItem::kPacket:
    case ReadItem::kEnd:
      break;
  }
}

void PacketCopier::add_interface(std::uint32_t file, const CaptureFile& capture) {
  Input& input = inputs_[file];
  const FileInterface& interface = capture.interfaces().back();
  const std::string_view sensor =
      options_.sensors.empty() ? std::string_view() : std::string_view(options_.sensors[file]);
  const std::vector<std::uint8_t> block =
      copied_interface(interface, capture.item_bytes(), capture.sections().back().byte_swapped,
                       input.section, sensor);
  const std::size_t output = output_for(
      input, interface.link_type, {reinterpret_cast<const char*>(block.data()), block.size()});
  input.interfaces.push_back(output);
  // A pcap file can hold one link type: that of its packets, not of a silent interface.
  if (!is_pcap() && options_.silent_interfaces) static_cast<void>(number_of(output));
}

// The files of one recording describe the same interfaces again and again: they are one in the
// output. Two of the same description within one section are two.
std::size_t PacketCopier::output_for(Input& input, std::uint16_t link_type, std::string block) {
  const auto entry = known_.try_emplace(std::move(block)).first;
  std::vector<std::size_t>& same = entry->second;
  const std::size_t taken = input.in_section[&entry->first]++;
  if (taken < same.size()) return same[taken];
  outputs_.push_back({link_type, &entry->first, kNone});
  same.push_back(outputs_.size() - 1);
  return outputs_.size() - 1;
}

std::uint32_t PacketCopier::number_of(std::size_t output) {
  Output& what = outputs_[output];
  if (what.number == kNone) {
    what.number = writer_->add_interface(
        what.link_type,
        {reinterpret_cast<const std::uint8_t*>(what.block->data()), what.block->size()});
  }
  return what.number;
}

// The same interface with what its packets are inside of a tunnel.
std::size_t PacketCopier::with_link_type(std::size_t output, std::uint16_t link_type) {
  if (outputs_[output].link_type == link_type) return output;
  std::string block = *outputs_[output].block;
  std::memcpy(block.data() + pcapng::kBlockHeaderBytes, &link_type, sizeof(link_type));
  const auto entry = known_.try_emplace(std::move(block)).first;
  if (entry->second.empty()) {
    outputs_.push_back({link_type, &entry->first, kNone});
    entry->second.push_back(outputs_.size() - 1);
  }
  return entry->second.front();
}

void PacketCopier::add_other(const CaptureFile& capture) {
  const std::span<const std::uint8_t> block = capture.item_bytes();
  const bool swapped = capture.sections().back().byte_swapped;
  if (block.empty()) return;
  const std::uint32_t type =
      swapped ? SwappedOrder::load32(block.data()) : NativeOrder::load32(block.data());
  const bool always =
      type == pcapng::kNameResolutionBlock || type == pcapng::kDecryptionSecretsBlock;
  if (!always && !options_.others) return;
  if (is_pcap()) {
    ++not_copied_.pcap_blocks;
    return;
  }
  scratch_.clear();
  switch (append_other_block(scratch_, block, swapped)) {
    case BlockCopy::kCopied:
      writer_->put_block(scratch_);
      break;
    case BlockCopy::kNotToBeCopied:
      ++not_copied_.private_blocks;
      break;
    case BlockCopy::kNotConvertible:
      ++not_copied_.foreign_blocks;
      break;
  }
}

void PacketCopier::put(const SetPacket& packet, std::string_view text, const PacketView* inside) {
  Input& input = inputs_[packet.file];
  std::size_t output = input.interfaces[packet.packet.interface_id];
  PacketView view = inside != nullptr ? *inside : packet.packet;
  if (inside != nullptr) output = with_link_type(output, inside->link_type);
  if (options_.snaplen != 0) view.caplen = std::min(view.caplen, options_.snaplen);
  const std::uint32_t number = number_of(output);
  scratch_.clear();
  if (!is_pcap()) {
    append_packet_options(scratch_, packet.block, packet.byte_swapped, packet.packet.caplen);
    if (options_.origin) {
      append_comment(
          scratch_, fmt::format("from {} at byte {}", set_.files[packet.file].path, packet.offset));
    }
    if (!text.empty()) append_comment(scratch_, text);
  }
  writer_->put(number, view, scratch_);
}

void PacketCopier::finish_interfaces() {
  if (writer_->interfaces() != 0) return;
  if (!outputs_.empty()) {
    static_cast<void>(number_of(0));
    return;
  }
  FileInterface ethernet;
  ethernet.link_type = link_type::kEthernet;
  ethernet.snaplen = 262144;
  writer_->add_interface(link_type::kEthernet, copied_interface(ethernet, {}, false, {}));
}

}  // namespace capstan
