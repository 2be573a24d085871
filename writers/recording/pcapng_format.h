// pcapng encoders for what stands around the packets: section header, interfaces, padding, the
// ledgers, the mark of a file's end. Pure: bytes out, no files. docs/format.md shows them.
//
// Source: draft-ietf-opsawg-pcapng, sections 4.1 (SHB), 4.2 (IDB), 4.6 (ISB). The packets
// themselves are made by engine/capture/seal.cc or copied by recording_pack.cc.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/format/recorded_event.h"
#include "engine/format/recording_mark.h"

namespace capstan {

// What a file says about the recording as a whole and about each ring of it.
struct RecordedInterface {
  std::string name;
  std::string description;  // "ring 0 of 2 (hash)" or empty
  std::string filter;       // libpcap text, empty when there is none
  std::uint16_t link_type = 1;
  std::uint32_t snaplen = 262144;
};

struct RecordingHeader {
  std::string application;  // "capstan 0.1.0"
  std::string os;           // "Linux 6.1.0"
  std::string hardware;     // "x86_64"
  std::string comment;      // "stripe 1 of 2" or empty
  // RecordingMark, without a file_number: that is the writer's.
  std::uint32_t stripe = 1;
  std::uint32_t stripes = 1;
  std::array<std::uint8_t, 16> id{};
  std::vector<RecordedInterface> interfaces;
};

// Section header and interface descriptions, ready for the start of this output's file number
// `file_number`, from 1. Timestamps are nanoseconds.
std::vector<std::uint8_t> encode_pcapng_header(const RecordingHeader& header,
                                               std::uint32_t file_number = 1);

// A local-use block of exactly `size_bytes`, to reach an alignment. Requires: a multiple of 4, at
// least 12.
void append_padding(std::vector<std::uint8_t>& out, std::size_t size_bytes);

// What a ring had counted at the start or the end of a file, since the recording began.
struct ClosingLedger {
  std::uint32_t ring = 0;
  std::uint32_t interface_id = 0;
  std::uint64_t timestamp_ns = 0;
  std::uint64_t received = 0;
  std::uint64_t dropped = 0;
  std::uint64_t nic_dropped = 0;
  std::uint64_t freezes = 0;
  std::uint64_t loss_begin_ns = 0;   // of a loss no packet came after; else 0
  std::uint64_t output_packets = 0;  // given to this output; the writer's to say
};
// A BlockHead without packets. At the start of a file.
void append_opening_ledger(std::vector<std::uint8_t>& out, const ClosingLedger& ledger);
// The same, and an Interface Statistics Block that other programs read. At the end of a file.
void append_closing_ledger(std::vector<std::uint8_t>& out, const ClosingLedger& ledger);

// The last block of a file. `text`: one line for people, or empty.
void append_file_close(std::vector<std::uint8_t>& out, CloseReason reason, std::uint64_t packets,
                       std::uint64_t timestamp_ns, std::uint64_t cut_bytes,
                       const std::string& text);

// What happened to a link, for the place in the file where it happened.
void append_event(std::vector<std::uint8_t>& out, const RecordedEvent& event);

}  // namespace capstan
