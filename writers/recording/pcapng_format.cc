#include "writers/recording/pcapng_format.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "engine/core/check.h"
#include "engine/format/block_head.h"
#include "engine/format/pcapng.h"
#include "engine/format/recording_mark.h"

namespace capstan {

namespace {

using Bytes = std::vector<std::uint8_t>;

void append_bytes(Bytes& out, const void* data, std::size_t size) {
  const std::size_t at = out.size();
  out.resize(at + size);
  if (size != 0) std::memcpy(out.data() + at, data, size);
}

template <typename T>
void append(Bytes& out, T value) {
  append_bytes(out, &value, sizeof(value));
}

void append_option(Bytes& out, std::uint16_t code, std::string_view value) {
  const std::size_t length = std::min<std::size_t>(value.size(), 0xFFFF);
  append(out, pcapng::OptionHeader{code, static_cast<std::uint16_t>(length)});
  append_bytes(out, value.data(), length);
  out.resize(pcapng::padded4(out.size()));
}

void append_text_option(Bytes& out, std::uint16_t code, std::string_view value) {
  if (!value.empty()) append_option(out, code, value);
}

template <typename T>
void append_number_option(Bytes& out, std::uint16_t code, T value) {
  append(out, pcapng::OptionHeader{code, sizeof(T)});
  append(out, value);
}

// A block whose body is appended between begin_block() and end_block(). The offset stays a multiple
// of 4 because every body does.
std::size_t begin_block(Bytes& out, std::uint32_t type) {
  const std::size_t start = out.size();
  append(out, pcapng::BlockHeader{type, 0});
  return start;
}

void end_block(Bytes& out, std::size_t start) {
  const auto length = static_cast<std::uint32_t>(out.size() - start + pcapng::kBlockTrailerBytes);
  append(out, length);
  std::memcpy(out.data() + start + 4, &length, sizeof(length));
}

void append_end_of_options(Bytes& out) {
  append(out, pcapng::OptionHeader{pcapng::kOptEndOfOptions, 0});
}

void append_interface(Bytes& out, const RecordedInterface& interface) {
  const std::size_t start = begin_block(out, pcapng::kInterfaceDescriptionBlock);
  append(out, interface.link_type);
  append(out, std::uint16_t{0});
  append(out, interface.snaplen);
  append_text_option(out, pcapng::kIfName, interface.name);
  append_text_option(out, pcapng::kIfDescription, interface.description);
  append_option(out, pcapng::kIfTsResolution, std::string_view("\x09", 1));
  if (!interface.filter.empty()) {
    // Section 4.2, if_filter: the first byte 0 says that a libpcap filter string follows.
    append_option(out, pcapng::kIfFilter, std::string(1, '\0') + interface.filter);
  }
  append_end_of_options(out);
  end_block(out, start);
}

}  // namespace

Bytes encode_pcapng_header(const RecordingHeader& header, std::uint32_t file_number) {
  Bytes out;
  const std::size_t start = begin_block(out, pcapng::kSectionHeaderBlock);
  append(out, pcapng::kByteOrderMagic);
  append(out, std::uint16_t{1});  // version 1.0
  append(out, std::uint16_t{0});
  append(out, ~std::uint64_t{0});  // section length: not stated
  append_text_option(out, pcapng::kOptComment, header.comment);
  append_text_option(out, pcapng::kShbHardware, header.hardware);
  append_text_option(out, pcapng::kShbOs, header.os);
  append_text_option(out, pcapng::kShbUserApplication, header.application);
  append_number_option(
      out, pcapng::kOptCapstanRecording,
      RecordingMark{kRecordingMarkMagic, header.stripe, header.stripes, file_number, header.id});
  append_end_of_options(out);
  end_block(out, start);
  for (const RecordedInterface& interface : header.interfaces) append_interface(out, interface);
  return out;
}

void append_padding(Bytes& out, std::size_t size_bytes) {
  CAPSTAN_CHECK(size_bytes % 4 == 0 && size_bytes >= pcapng::kMinBlockBytes, size_bytes);
  const std::size_t start = begin_block(out, pcapng::kCapstanPadding);
  out.resize(start + size_bytes - pcapng::kBlockTrailerBytes);
  end_block(out, start);
}

void append_opening_ledger(Bytes& out, const ClosingLedger& ledger) {
  BlockHead head{};
  head.magic = kBlockHeadMagic;
  head.ring = ledger.ring;
  head.received = ledger.received;
  head.dropped = ledger.dropped;
  head.freezes = ledger.freezes;
  head.loss_begin_ns = ledger.loss_begin_ns;
  head.output_packets = ledger.output_packets;
  const std::size_t head_start = begin_block(out, pcapng::kCapstanBlockHead);
  append_bytes(out, reinterpret_cast<const std::uint8_t*>(&head) + pcapng::kBlockHeaderBytes,
               sizeof(head) - pcapng::kBlockHeaderBytes);
  end_block(out, head_start);
}

void append_closing_ledger(Bytes& out, const ClosingLedger& ledger) {
  append_opening_ledger(out, ledger);
  const std::size_t start = begin_block(out, pcapng::kInterfaceStatisticsBlock);
  append(out, ledger.interface_id);
  append(out, static_cast<std::uint32_t>(ledger.timestamp_ns >> 32));
  append(out, static_cast<std::uint32_t>(ledger.timestamp_ns));
  append_number_option(out, pcapng::kIsbInterfaceReceived, ledger.received);
  append_number_option(out, pcapng::kIsbInterfaceDropped, ledger.nic_dropped);
  append_number_option(out, pcapng::kIsbOsDropped, ledger.dropped);
  append_end_of_options(out);
  end_block(out, start);
}

void append_file_close(Bytes& out, CloseReason reason, std::uint64_t packets,
                       std::uint64_t timestamp_ns, std::uint64_t cut_bytes,
                       const std::string& text) {
  const std::size_t start = out.size();
  append(out, FileClose{pcapng::kCapstanFileClose, 0, kFileCloseMagic,
                        static_cast<std::uint32_t>(reason), packets, timestamp_ns, cut_bytes});
  append_text_option(out, pcapng::kOptComment, text);
  append_end_of_options(out);
  end_block(out, start);
}

void append_event(Bytes& out, const RecordedEvent& event) {
  const EventHead head{pcapng::kCapstanEvent,
                       0,
                       kEventMagic,
                       event.interface_id,
                       static_cast<std::uint32_t>(event.timestamp_ns >> 32),
                       static_cast<std::uint32_t>(event.timestamp_ns),
                       static_cast<std::uint32_t>(event.change)};
  const std::size_t start = out.size();
  append(out, head);
  append_text_option(out, pcapng::kOptComment, event.text);
  append_end_of_options(out);
  end_block(out, start);
}

}  // namespace capstan
