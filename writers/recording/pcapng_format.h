// pcapng encoders for everything around the packets: section header, interfaces, padding, ledgers,
// the mark at the end of a file. Pure: they return bytes and touch no files. docs/format.md shows
// the blocks.
//
// Source: draft-ietf-opsawg-pcapng, sections 4.1 (SHB), 4.2 (IDB), 4.6 (ISB). The packets
// themselves are encoded by engine/capture/seal.cc or copied by record_encoder.cc.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/format/recorded_event.h"
#include "engine/format/recording_mark.h"

namespace capstan {

// One interface of the file: a ring of the recording, or all of them.
struct RecordedInterface {
  std::string name;
  std::string description;  // "ring 0 of 2 (hash)" or empty
  std::string filter;       // libpcap text, empty when there is none
  std::uint16_t link_type = 1;
  std::uint32_t snaplen = 262144;
};

// What a file tells about the recording as a whole.
struct RecordingHeader {
  std::string application;  // "capstan 0.1.0"
  std::string os;           // "Linux 6.1.0"
  std::string hardware;     // "x86_64"
  std::string comment;      // "stripe 1 of 2" or empty
  // Fields of RecordingMark, without file_number, which the writer knows.
  std::uint32_t stripe = 1;
  std::uint32_t stripes = 1;
  std::array<std::uint8_t, 16> id{};
  std::vector<RecordedInterface> interfaces;
};

// Returns the section header and the interface descriptions for the start of this output's file
// number `file_number`, from 1. Timestamps are nanoseconds.
std::vector<std::uint8_t> encode_pcapng_header(const RecordingHeader& header,
                                               std::uint32_t file_number = 1);

// Appends a local-use block of exactly `size_bytes`, to reach an alignment. Requires: `size_bytes`
// is a multiple of 4 and at least 12.
void append_padding(std::vector<std::uint8_t>& out, std::size_t size_bytes);

// Counts of a ring at the start or the end of a file, since the start of the recording.
struct ClosingLedger {
  std::uint32_t ring = 0;
  std::uint32_t interface_id = 0;
  std::uint64_t timestamp_ns = 0;
  std::uint64_t received = 0;
  std::uint64_t dropped = 0;
  std::uint64_t nic_dropped = 0;
  std::uint64_t freezes = 0;
  std::uint64_t loss_begin_ns = 0;   // of a loss that no packet came after; else 0
  std::uint64_t output_packets = 0;  // given to this output; set by the writer
};
// Appends a BlockHead without packets, for the start of a file.
void append_opening_ledger(std::vector<std::uint8_t>& out, const ClosingLedger& ledger);
// Appends the same, and an Interface Statistics Block that other programs read. For the end of a
// file.
void append_closing_ledger(std::vector<std::uint8_t>& out, const ClosingLedger& ledger);

// Appends the last block of a file. `text`: one line for people, or empty.
void append_file_close(std::vector<std::uint8_t>& out, CloseReason reason, std::uint64_t packets,
                       std::uint64_t timestamp_ns, std::uint64_t cut_bytes,
                       const std::string& text);

// Appends what happened to a link, at the place in the file where it happened.
void append_event(std::vector<std::uint8_t>& out, const RecordedEvent& event);

}  // namespace capstan
