// Any packets through the whole audit: flows, fragments, reassembly and sessions end within their
// memory; evidence shows no secret and nothing unread; every line of JSON parses; no control
// character of the network's reaches the report or the page.
//
// Input: flags (bit 0 few flows, 1 little memory, 2 few bytes a direction, 3 digests, 4 in
// batches), link type (an index), then packets: length (2), time since the one before (a tenth of
// a second), bytes.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <vector>

#include "engine/audit/auditor.h"
#include "engine/core/check.h"
#include "engine/flow/checksum.h"
#include "tools/audit/audit_book.h"
#include "tools/audit/eve_lines.h"
#include "tools/audit/evidence.h"
#include "tools/audit/html_report.h"
#include "tools/audit/text_report.h"

namespace {

using namespace capstan;

// A copy of one packet as evidence would have it: what may not be shown is not there any more.
void check_redacted(const audit::KeptPacket& kept, const audit::SessionReport& report) {
  // Of exactly what was captured, so that a step outside it is seen.
  std::vector<std::uint8_t> bytes(kept.buffer.begin(), kept.buffer.begin() + kept.caplen);
  audit::KeptPacket packet = kept;
  packet.buffer = bytes;
  tools::redact(packet, report);
  const audit::Side side = report.swapped ? audit::other(kept.flow_side) : kept.flow_side;
  const std::uint64_t examined = kept.before_stream ? 0 : report.examined[audit::index_of(side)];
  for (std::size_t i = 0; i < kept.payload_bytes; ++i) {
    const std::uint64_t at = kept.stream_offset + i;
    const bool secret =
        std::any_of(report.facts->secrets.begin(), report.facts->secrets.end(),
                    [side, at](const audit::SecretSpan& one) {
                      return one.side == side && at >= one.offset && at - one.offset < one.length;
                    });
    const std::uint8_t shown = bytes[kept.payload_offset + i];
    CAPSTAN_CHECK(shown == 'X' || (!secret && at < examined), i, at, examined);
  }
  for (std::size_t i = kept.payload_offset + kept.payload_bytes; i < kept.caplen; ++i) {
    CAPSTAN_CHECK(bytes[i] == 0, i, kept.caplen);
  }
  if (report.ends.ip_version != 4) return;
  ChecksumSum head;
  head.add({bytes.data() + kept.ip_offset, (bytes[kept.ip_offset] & 15U) * 4U});
  CAPSTAN_CHECK(head.folded() == 0xffff, head.folded());
}

class Sink final : public audit::AuditSink {
 public:
  explicit Sink(UniqueFd out) : eve(std::move(out), true) {}
  void on_session(const audit::SessionReport& report) override {
    book.session(report);
    eve.session(report);
    const std::string event = tools::audit_event(report);
    CAPSTAN_CHECK(nlohmann::json::accept(event), event.size());
    CAPSTAN_CHECK(event.find('\n') == std::string::npos);
    if (report.packets_kept == nullptr) return;
    for (const audit::KeptPacket& kept : report.packets_kept->packets) check_redacted(kept, report);
  }
  void on_login(const audit::SessionReport& report, const audit::Credential& login) override {
    book.login(report, login);
    check_text(tools::login_line(report, login));
  }
  static void check_text(const std::string& text) {
    const auto is_control = [](unsigned char c) { return (c < ' ' && c != '\n') || c == 0x7f; };
    CAPSTAN_CHECK(std::none_of(text.begin(), text.end(), is_control), text.size());
  }

  tools::AuditBook book;
  tools::EveLines eve;
};

audit::AuditOptions options_of(std::uint8_t flags) {
  audit::AuditOptions options;
  options.flows.max_flows = (flags & 1) != 0 ? 2 : 64;
  options.pool_bytes = (flags & 2) != 0 ? 2 * BufferPool::kLargest : std::size_t{1} << 20;
  if ((flags & 4) != 0) options.bytes_per_direction = 64;
  options.reuse_digests = (flags & 8) != 0;
  options.evidence_bytes = options.pool_bytes;
  return options;
}

struct Packets {
  std::vector<std::vector<std::uint8_t>> bytes;  // each of exactly its size
  std::vector<PacketView> views;
};

Packets read_packets(const std::uint8_t* data, std::size_t size, std::uint16_t link_type) {
  constexpr std::size_t kHeadBytes = 3;
  Packets packets;
  std::uint64_t now_ns = 1'700'000'000'000'000'000;
  while (size >= kHeadBytes) {
    const std::size_t length =
        std::min(static_cast<std::size_t>(data[0] << 8 | data[1]), size - kHeadBytes);
    now_ns += data[2] * std::uint64_t{100'000'000};
    packets.bytes.emplace_back(data + kHeadBytes, data + kHeadBytes + length);
    PacketView view;
    view.data = packets.bytes.back().data();  // stays where it is when the outer vector grows
    view.caplen = view.wirelen = static_cast<std::uint32_t>(length);
    view.timestamp_ns = now_ns;
    view.link_type = link_type;
    packets.views.push_back(view);
    data += kHeadBytes + length;
    size -= kHeadBytes + length;
  }
  return packets;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::uint16_t kLinkTypes[] = {1, 101, 113, 276, 0, 9};
  if (size < 2) return 0;
  const Packets packets =
      read_packets(data + 2, size - 2, kLinkTypes[data[1] % std::size(kLinkTypes)]);
  UniqueFd nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  Sink sink(std::move(nowhere));
  audit::Auditor auditor(options_of(data[0]), sink);
  if ((data[0] & 16) != 0) {
    auditor.on_packets(packets.views);
  } else {
    for (const PacketView& view : packets.views) auditor.on_packet(view);
  }
  auditor.finish();
  CAPSTAN_CHECK(auditor.counters().packets == packets.views.size(), packets.views.size());
  CAPSTAN_CHECK(sink.eve.flush(), sink.eve.error());
  Sink::check_text(tools::text_report(sink.book, auditor, {}, 0));
  const std::string page = tools::html_report(sink.book, auditor, {});
  Sink::check_text(page);
  CAPSTAN_CHECK(page.find("<script") == std::string::npos, page.size());
  return 0;
}
