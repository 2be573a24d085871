// What is sent of one recording: a row per conversation, a row per finding, a row for the file
// itself; as values, before a format (row_format.h) makes bytes of them.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "engine/flow/community_id.h"
#include "engine/index/index_reader.h"
#include "engine/index/index_row.h"

namespace capstan::fleet {

// The recording that the rows are of.
struct ShippedFile {
  std::string sensor;
  std::uint64_t id = 0;  // file_id()
  std::string name;      // without the directory
};

// Identifies the bytes of a recording at a sensor: the same for a file that was renamed, and for
// each of several copies.
std::uint64_t file_id(const std::string& sensor, const FileIdentity& identity);

// What the audit found out about a conversation.
struct FlowFacts {
  std::string app_protocol;
  std::string sni;
  std::string verdict;
};

struct ShippedFlow {
  const IndexRow& row;
  std::uint64_t lost = 0;
  const FlowFacts* facts = nullptr;  // null: not known
};

// A session that deserves attention: a login in cleartext, TLS refused or stripped, weak TLS.
struct ShippedFinding {
  std::uint32_t number = 0;  // in its file, from 0
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
  Address client{};  // as stored: schema.h
  Address server{};
  std::uint16_t client_port = 0;
  std::uint16_t server_port = 0;
  std::uint8_t protocol = 0;
  std::uint16_t vlan = 0;
  std::string community_id;
  std::string app_protocol;
  std::string verdict;
  std::string finding;
  std::string user;
  std::string mechanism;
  std::string secret_kind;
  std::uint32_t secret_length = 0;
  std::string tls_version;
  std::string sni;
  bool weak = false;
  std::string reasons;
  std::string event;  // the same as an EVE event, one line of JSON without the newline
};

// What the audit has looked at of a recording; the values are those of the table's column.
enum class Audited : std::uint8_t {
  kNo = 0,
  kWhole = 1,
  kInPart = 2,  // it breaks off, or there was no room for what followed
};

struct ShippedLedger {
  const IndexSummary& summary;
  std::uint64_t rows = 0;
  std::uint64_t findings = 0;
  Audited audited = Audited::kNo;
};

// Which end of a row is the server: the one that was called. With a TCP handshake that is known;
// else the lower port is taken for the server's, and of equal ones the end that did not speak
// first.
std::size_t server_end(const IndexRow& row) noexcept;

// Who speaks with whom, the initiator first; for community_id().
FlowEnds ends_of(const IndexRow& row) noexcept;

// UTC days since 1970; what is beyond the type Date (2149) counts as its last day.
std::uint16_t day_of(std::uint64_t ns) noexcept;
// 202611 for a time in November 2026, UTC; ClickHouse's toYYYYMM().
std::uint32_t month_of(std::uint16_t day) noexcept;

}  // namespace capstan::fleet
