#include "tools/ship/shipped_rows.h"

#include <openssl/evp.h>

#include <algorithm>
#include <chrono>
#include <limits>

#include "engine/core/clock.h"
#include "engine/flow/community_id.h"

namespace capstan::fleet {

namespace {

bool called(const IndexRow& row) noexcept {
  const std::uint8_t flags = row.ends[row.initiator].tcp_flags;
  return row.has_addresses() && row.protocol == kProtocolTcp && (flags & tcp_flag::kSyn) != 0 &&
         row.has_ports();
}

}  // namespace

std::uint64_t file_id(const std::string& sensor, const FileIdentity& identity) {
  std::vector<std::uint8_t> input(sensor.begin(), sensor.end());
  input.push_back(0);
  for (std::size_t i = 0; i < 8; ++i) {
    input.push_back(static_cast<std::uint8_t>(identity.size_bytes >> (8 * i)));
  }
  input.insert(input.end(), identity.digest.begin(), identity.digest.end());
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(input.data(), input.size(), digest.data(), &size, EVP_sha256(), nullptr);
  std::uint64_t id = 0;
  for (std::size_t i = 0; i < 8; ++i) id = id << 8 | digest[i];
  return id;
}

std::size_t server_end(const IndexRow& row) noexcept {
  const std::size_t other = row.initiator == 0 ? 1 : 0;
  if (called(row) || !row.has_ports()) return other;
  const std::uint16_t low = row.ends[0].port;
  const std::uint16_t high = row.ends[1].port;
  if (low == high) return other;
  return low < high ? 0 : 1;
}

FlowEnds ends_of(const IndexRow& row) noexcept {
  FlowEnds ends;
  const std::size_t from = row.initiator;
  ends.source = row.ends[from].address;
  ends.destination = row.ends[1 - from].address;
  ends.source_port = row.ends[from].port;
  ends.destination_port = row.ends[1 - from].port;
  ends.protocol = row.protocol;
  ends.ip_version = row.kind == RowKind::kIpv4 ? 4 : row.kind == RowKind::kIpv6 ? 6 : 0;
  return ends;
}

std::uint16_t day_of(std::uint64_t ns) noexcept {
  constexpr std::uint64_t kDayNs = 86'400 * kNanosecondsPerSecond;
  return static_cast<std::uint16_t>(
      std::min<std::uint64_t>(ns / kDayNs, std::numeric_limits<std::uint16_t>::max()));
}

std::uint32_t month_of(std::uint16_t day) noexcept {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
  return static_cast<std::uint32_t>(static_cast<int>(date.year())) * 100 +
         static_cast<unsigned>(date.month());
}

}  // namespace capstan::fleet
