// TLS over TCP: records (RFC 8446 section 5.1), handshake messages up to the point where both sides
// encrypt. SSL 2.0 hellos too.
#include "engine/audit/protocols/line_recogniser.h"
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/text.h"
#include "engine/audit/tls/hello.h"

namespace capstan::audit {

namespace {

constexpr std::size_t kTlsRecordHeadBytes = 5;
constexpr std::size_t kMaxRecord = 16384 + 2048;
constexpr std::size_t kMaxHandshake = 16384;  // held of one side's handshake

enum RecordType : std::uint8_t {
  kChangeCipherSpec = 20,
  kAlert = 21,
  kHandshake = 22,
  kData = 23,
  kHeartbeat = 24
};

class Tls final : public Recogniser {
 public:
  std::size_t consume(Side side, Bytes bytes, bool, Context& context) override {
    State& state = states_[index_of(side)];
    std::size_t used = 0;
    while (used < bytes.size() && !context.leaving()) {
      const Bytes rest = bytes.subspan(used);
      if (state.record_left == 0) {
        const std::size_t taken = record_head(side, rest, context);
        if (taken == 0) return used;
        used += taken;
        continue;
      }
      const std::size_t here = std::min(state.record_left, rest.size());
      if (state.type == kHandshake) handshake(side, rest.first(here), context);
      state.record_left -= here;
      used += here;
    }
    if (side == Side::kServer && server_done(context)) context.finish_side(side);
    if (server_done(context) && (client_done_ || states_[0].encrypted)) context.finish();
    return used;
  }

  void on_gap(Side side, Context& context) override {
    end_handshake(side, context);
    context.finish_side(side);
  }
  void on_end(Side side, Bytes, Context& context) override { end_handshake(side, context); }

 private:
  struct State {
    std::vector<std::uint8_t> handshake;
    std::size_t record_left = 0;
    std::uint8_t type = 0;
    bool started = false;
    bool encrypted = false;  // what follows is ciphertext
  };

  std::size_t record_head(Side side, Bytes bytes, Context& context) {
    State& state = states_[index_of(side)];
    if (!state.started && (bytes[0] & 0x80) != 0 && starts_tls(bytes)) {
      read_sslv2_hello(bytes, context.facts.tls_facts());
      started(side, context);
      state.record_left = (static_cast<std::size_t>(bytes[0] & 0x7f) << 8 | bytes[1]);
      state.type = kData;
      client_done_ = true;
      return 2;
    }
    if (!state.started && side == Side::kServer && context.facts.tls_facts().sslv2_hello &&
        (bytes[0] & 0x80) != 0) {
      return sslv2_server(bytes, context);
    }
    if (bytes.size() < kTlsRecordHeadBytes && bytes[0] >= kChangeCipherSpec &&
        bytes[0] <= kHeartbeat) {
      return 0;
    }
    const bool valid = bytes.size() >= kTlsRecordHeadBytes && bytes[0] >= kChangeCipherSpec &&
                       bytes[0] <= kHeartbeat && bytes[1] == 3 &&
                       load_be16(bytes.data() + 3) <= kMaxRecord;
    if (!valid) return not_a_record(side, bytes, context);
    if (!state.started) context.facts.tls_facts().record_version = load_be16(bytes.data() + 1);
    started(side, context);
    state.type = bytes[0];
    state.record_left = load_be16(bytes.data() + 3);
    if (state.type == kChangeCipherSpec || state.type == kData) {
      state.encrypted = true;
      end_handshake(side, context);
    }
    if (state.encrypted) context.finish_side(side);
    return kTlsRecordHeadBytes;
  }

  // SSL 2.0 (draft-hickman-netscape-ssl, section "Handshake Protocol Messages"): SERVER-HELLO, of a
  // server that has no later version.
  std::size_t sslv2_server(Bytes bytes, Context& context) {
    constexpr std::size_t kHelloBytes = 2 + 11;
    constexpr std::uint8_t kServerHello = 4;
    constexpr std::uint16_t kVersion = 0x0002;
    if (bytes.size() < kHelloBytes) return 0;
    if (bytes[2] != kServerHello || load_be16(bytes.data() + 5) != kVersion) {
      return not_a_record(Side::kServer, bytes, context);
    }
    started(Side::kServer, context);
    TlsFacts& tls = context.facts.tls_facts();
    tls.server_hello = true;
    tls.chosen_version = kVersion;
    context.finish();  // the keys follow, encrypted
    return bytes.size();
  }

  void started(Side side, Context& context) {
    states_[index_of(side)].started = true;
    context.facts.tls_seen = true;
    context.facts.tls_facts();
    const bool refused = context.facts.upgrade == Upgrade::kRefused;
    if (refused && side == Side::kServer) context.facts.upgrade = Upgrade::kAccepted;
  }

  std::size_t not_a_record(Side side, Bytes bytes, Context& context) {
    State& state = states_[index_of(side)];
    // The server's "220 go ahead" may be captured behind the client's first record.
    if (!state.started && context.facts.upgrade != Upgrade::kNone && side == Side::kServer) {
      const std::size_t newline = as_text(bytes).find('\n');
      if (newline != std::string_view::npos) return newline + 1;
      if (bytes.size() < 512) return pgsql_answer(bytes);
    }
    if (!state.started && side == Side::kServer && !context.facts.tls_facts().server_hello) {
      context.facts.reasons |= reason::kServerAnsweredClear;
      context.finish();
    }
    context.finish_side(side);
    return bytes.size();
  }

  // PostgreSQL says yes with one byte.
  static std::size_t pgsql_answer(Bytes bytes) noexcept { return bytes[0] == 'S' ? 1 : 0; }

  void handshake(Side side, Bytes bytes, Context& context) {
    State& state = states_[index_of(side)];
    if (state.encrypted) return;
    const std::size_t room = kMaxHandshake - state.handshake.size();
    const Bytes taken = bytes.first(std::min(bytes.size(), room));
    state.handshake.insert(state.handshake.end(), taken.begin(), taken.end());
    std::size_t at = 0;
    while (state.handshake.size() - at >= 4) {
      const std::uint8_t* head = state.handshake.data() + at;
      const std::size_t length = load_be32(head) & 0x00ffffff;
      if (state.handshake.size() - at - 4 < length) break;
      message(side, head[0], {head + 4, length}, context);
      at += 4 + length;
    }
    state.handshake.erase(state.handshake.begin(),
                          state.handshake.begin() + static_cast<std::ptrdiff_t>(at));
    if (state.handshake.size() == kMaxHandshake) end_handshake(side, context);
  }

  // What is left of a message that will not be whole: a hello says enough with its front.
  void end_handshake(Side side, Context& context) {
    State& state = states_[index_of(side)];
    if (state.handshake.size() >= 4 + 38) {
      const Bytes rest(state.handshake);
      if (rest[0] == 1 || rest[0] == 2) message(side, rest[0], rest.subspan(4), context);
    }
    state.handshake.clear();
    state.handshake.shrink_to_fit();
  }

  void message(Side side, std::uint8_t type, Bytes body, Context& context) {
    TlsFacts& tls = context.facts.tls_facts();
    constexpr std::uint8_t kClientHello = 1;
    constexpr std::uint8_t kServerHello = 2;
    constexpr std::uint8_t kCertificate = 11;
    constexpr std::uint8_t kServerHelloDone = 14;
    if (type == kClientHello && body.size() >= 38) {
      read_client_hello(body, HelloTransport::kTcp, tls);
      client_done_ = true;
      if (side == Side::kClient) context.finish_side(side);
    } else if (type == kServerHello && body.size() >= 38) {
      read_server_hello(body, tls);
    } else if (type == kCertificate && side == Side::kServer) {
      read_certificate(body, context.now_ns(), tls);
    } else if (type == kServerHelloDone) {
      server_hello_done_ = true;
    }
  }

  bool server_done(const Context& context) const noexcept {
    if (server_hello_done_ || states_[1].encrypted) return true;
    const TlsFacts* tls = context.facts.tls.get();
    return tls != nullptr && tls->server_hello &&
           (tls->has_certificate || tls->chosen_version >= 0x0304);
  }

  std::array<State, 2> states_;
  bool client_done_ = false;
  bool server_hello_done_ = false;
};

}  // namespace

std::unique_ptr<Recogniser> make_tls() { return std::make_unique<Tls>(); }

}  // namespace capstan::audit
