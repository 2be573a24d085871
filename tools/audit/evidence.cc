#include "tools/audit/evidence.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "engine/audit/text.h"
#include "engine/core/errors.h"
#include "engine/core/unique_fd.h"
#include "engine/core/write_all.h"
#include "engine/flow/checksum.h"
#include "tools/audit/evidence_words.h"
#include "writers/recording/pcap_format.h"

namespace capstan::tools {

namespace {

using audit::KeptPacket;
using audit::load_be16;

constexpr std::uint32_t kSnaplen = 262144;  // of the file's head: packets are kept whole

std::uint16_t complement(const ChecksumSum& sum) noexcept {
  return static_cast<std::uint16_t>(~sum.folded());
}
void store(std::uint8_t* at, std::uint16_t value) noexcept {
  at[0] = static_cast<std::uint8_t>(value >> 8);
  at[1] = static_cast<std::uint8_t>(value);
}

// RFC 1071 over pseudo-header (RFC 9293 section 3.1, RFC 8200 section 8.1) and segment. Only a
// whole segment has a sum that can be right.
void repair_checksums(KeptPacket& packet, std::uint8_t protocol, std::uint8_t ip_version) noexcept {
  std::uint8_t* const data = packet.buffer.data();
  const std::size_t ip = packet.ip_offset;
  const std::size_t transport = packet.payload_offset - packet.header_bytes;
  std::size_t end = 0;
  ChecksumSum sum;
  if (ip_version == 4) {
    const std::size_t ip_head = (data[ip] & 15U) * 4;
    end = ip + load_be16(data + ip + 2);
    store(data + ip + 10, 0);
    ChecksumSum head_sum;
    head_sum.add({data + ip, ip_head});
    store(data + ip + 10, complement(head_sum));
    sum.add({data + ip + 12, 8});
  } else {
    end = ip + 40U + load_be16(data + ip + 4);
    sum.add({data + ip + 8, 32});
  }
  // Others have no such sum, or none there: SCTP, OSPF, UDP-Lite.
  if (protocol != kProtocolTcp && protocol != kProtocolUdp) return;
  const std::size_t field = protocol == kProtocolUdp ? 6 : 16;
  if (end > packet.caplen || transport + field + 2 > end) return;
  sum.add16(protocol);
  sum.add16(static_cast<std::uint16_t>(end - transport));
  store(data + transport + field, 0);
  sum.add({data + transport, end - transport});
  const std::uint16_t value = complement(sum);
  store(data + transport + field, protocol == kProtocolUdp && value == 0 ? 0xffff : value);
}

void put(int fd, const void* data, std::size_t size, const std::string& path) {
  const WriteOutcome outcome = write_all(fd, data, size);
  if (outcome.error != 0) throw_system_error(outcome.error, "writing evidence " + path);
}

bool is_finding(const audit::SessionReport& report) noexcept {
  return report.verdict == audit::Verdict::kCleartextCredentials ||
         report.verdict == audit::Verdict::kRefusedOrStripped ||
         (report.facts->reasons & (audit::reason::kWeak | audit::reason::kUpgradeStripped)) != 0;
}

}  // namespace

void redact(KeptPacket& packet, const audit::SessionReport& report) {
  const auto side = report.swapped ? audit::other(packet.flow_side) : packet.flow_side;
  std::uint8_t* const payload = packet.buffer.data() + packet.payload_offset;
  const std::uint64_t begin = packet.stream_offset;
  const auto overwrite = [payload, &packet, begin](std::uint64_t from, std::uint64_t to) {
    from = std::max(from, begin);
    to = std::min(to, begin + packet.payload_bytes);
    if (from < to) ::memset(payload + (from - begin), 'X', static_cast<std::size_t>(to - from));
  };
  // An allow list first: what is not known to be harmless goes, in whatever field it stands.
  const std::vector<bool> stays =
      harmless_bytes({payload, packet.payload_bytes}, report.facts->protocol);
  for (std::size_t i = 0; i < stays.size(); ++i) {
    if (!stays[i]) payload[i] = 'X';
  }
  // What lies behind the last byte read was never looked at: it may be anything.
  overwrite(packet.before_stream ? 0 : report.examined[audit::index_of(side)], ~std::uint64_t{0});
  std::size_t known = 0;
  for (const audit::SecretSpan& secret : report.facts->secrets) {
    if (++known == 4 * audit::SessionFacts::kMaxCredentials) overwrite(0, ~std::uint64_t{0});
    if (secret.side == side) overwrite(secret.offset, secret.offset + secret.length);
  }
  // Bytes past the IP packet (Ethernet's padding) are nobody's business.
  const std::size_t end = packet.payload_offset + packet.payload_bytes;
  if (end < packet.caplen) ::memset(packet.buffer.data() + end, 0, packet.caplen - end);
  repair_checksums(packet, report.ends.protocol, report.ends.ip_version);
}

Evidence::Evidence(std::string directory, bool unredacted)
    : directory_(std::move(directory)), unredacted_(unredacted) {
  if (::mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST) {
    throw_errno("making the evidence directory " + directory_);
  }
}

void Evidence::session(const audit::SessionReport& report) {
  if (report.packets_kept == nullptr || report.packets_kept->packets.empty() ||
      !is_finding(report)) {
    return;
  }
  const std::string path = fmt::format("{}/finding-{:06}-{}.pcap", directory_, report.number,
                                       audit::protocol_name(report.facts->protocol));
  const UniqueFd file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) throw_errno("creating evidence " + path);
  // The classic format with nanoseconds: one link type, which all packets of a flow share.
  const PcapFileHeader head =
      make_pcap_file_header(true, kSnaplen, report.packets_kept->packets.front().link_type);
  put(file.get(), &head, sizeof(head), path);
  for (const KeptPacket& kept : report.packets_kept->packets) {
    KeptPacket packet = kept;  // its bytes are the keeper's, which wipes them next
    if (!unredacted_) redact(packet, report);
    const PcapRecordHeader record =
        make_pcap_record_header(packet.timestamp_ns, packet.caplen, packet.wirelen, true);
    put(file.get(), &record, sizeof(record), path);
    put(file.get(), packet.buffer.data(), packet.caplen, path);
  }
  ++written_;
}

}  // namespace capstan::tools
