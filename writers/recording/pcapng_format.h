// pcapng encoders for what stands around the packets: section header, interfaces, padding, the
// closing ledger. Pure: bytes out, no files.
//
// Source: draft-ietf-opsawg-pcapng, sections 4.1 (SHB), 4.2 (IDB), 4.6 (ISB). The packets
// themselves are made by engine/capture/seal.cc or copied by packer.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/format/recorded_event.h"

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
  std::vector<RecordedInterface> interfaces;
};

// Section header and interface descriptions, ready for the start of a file. Timestamps are
// nanoseconds.
std::vector<std::uint8_t> encode_pcapng_header(const RecordingHeader& header);

// A local-use block of exactly `size_bytes`, to reach an alignment. Requires: a multiple of 4, at
// least 12.
void append_padding(std::vector<std::uint8_t>& out, std::size_t size_bytes);

// What a ring had counted when the recording ended: a BlockHead without packets, and an Interface
// Statistics Block that other programs read.
struct ClosingLedger {
  std::uint32_t ring = 0;
  std::uint32_t interface_id = 0;
  std::uint64_t timestamp_ns = 0;
  std::uint64_t received = 0;
  std::uint64_t dropped = 0;
  std::uint64_t nic_dropped = 0;
  std::uint64_t freezes = 0;
  std::uint64_t loss_begin_ns = 0;  // of a loss no packet came after; else 0
};
void append_closing_ledger(std::vector<std::uint8_t>& out, const ClosingLedger& ledger);

// What happened to a link, for the place in the file where it happened.
void append_event(std::vector<std::uint8_t>& out, const RecordedEvent& event);

}  // namespace capstan
