// RDP: [MS-RDPBCGR] sections 2.2.1.1 and 2.2.1.2: X.224 connection request, negotiation, then TLS.
#include "engine/audit/protocols/line_recogniser.h"
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

class Rdp final : public Recogniser {
 public:
  std::size_t consume(Side side, Bytes bytes, bool full, Context& context) override {
    if (context.facts.upgrade >= Upgrade::kRequested) {
      if (starts_tls(bytes)) {
        context.become_tls();
        return 0;
      }
      if (may_start_tls(bytes) && !full) return 0;
    }
    if (bytes.size() < 4) return 0;
    const std::size_t length = load_be16(bytes.data() + 2);
    if (bytes[0] != 3 || length < 7) {
      context.finish();
      return bytes.size();
    }
    if (bytes.size() < length && !full) return 0;
    const Bytes packet = bytes.first(std::min(length, bytes.size()));
    context.facts.clear_bytes[index_of(side)] = true;
    constexpr std::uint8_t kConnectionRequest = 0xe0;
    constexpr std::uint8_t kConnectionConfirm = 0xd0;
    if (packet[5] == kConnectionRequest && side == Side::kClient) {
      request(packet, context);
    } else if (packet[5] == kConnectionConfirm && side == Side::kServer) {
      confirm(packet, context);
    } else {
      // Standard RDP security: the server takes part without TLS.
      context.facts.undecidable = true;
      context.finish();
    }
    return packet.size();
  }
  void on_gap(Side, Context& context) override { context.finish(); }

 private:
  static constexpr std::size_t kNegotiationBytes = 8;

  static void request(Bytes packet, Context& context) {
    const std::string_view text = as_text(packet);
    if (const std::size_t at = find_nocase(text, "mstshash="); at != std::string_view::npos) {
      const std::size_t end = std::min(text.find('\r', at), text.size());
      context.set_user(text.substr(at + 9, end - at - 9));
    }
    if (packet.size() < 11 + kNegotiationBytes) return;
    const std::uint8_t* tail = packet.data() + packet.size() - kNegotiationBytes;
    constexpr std::uint8_t kNegotiationRequest = 1;
    if (tail[0] == kNegotiationRequest && load_le16(tail + 2) == kNegotiationBytes &&
        load_le32(tail + 4) != 0) {
      context.upgrade_requested();
    }
  }

  static void confirm(Bytes packet, Context& context) {
    if (!context.upgrade_pending()) return;
    constexpr std::uint8_t kNegotiationResponse = 2;
    if (packet.size() < 11 + kNegotiationBytes) {
      context.upgrade_refused();
      return;
    }
    const std::uint8_t* tail = packet.data() + packet.size() - kNegotiationBytes;
    if (tail[0] != kNegotiationResponse || load_le32(tail + 4) == 0) context.upgrade_refused();
  }
};

}  // namespace

std::unique_ptr<Recogniser> make_rdp() { return std::make_unique<Rdp>(); }

}  // namespace capstan::audit
