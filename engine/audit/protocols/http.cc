// HTTP/1.x (RFC 9112, RFC 9110), RTSP (RFC 7826, RFC 2326) and SIP (RFC 3261): messages of a start
// line, header fields and a body.
#include <algorithm>

#include "engine/audit/protocols/http_auth.h"
#include "engine/audit/protocols/line_recogniser.h"
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

enum class Dialect : std::uint8_t { kHttp, kRtsp, kSip };

class HeaderMessages final : public LineRecogniser {
 public:
  explicit HeaderMessages(Dialect dialect) noexcept : dialect_(dialect) {}

  std::size_t consume(Side side, Bytes bytes, bool full, Context& context) override {
    // RFC 7826 section 14: '$', channel and length in front of media inside the connection.
    const State& state = state_of(side);
    std::size_t used = 0;
    while (dialect_ == Dialect::kRtsp && state.part == Part::kStart && used < bytes.size() &&
           bytes[used] == '$') {
      if (bytes.size() - used < 4) return used;
      const std::size_t frame = 4U + load_be16(bytes.data() + used + 2);
      if (frame > bytes.size() - used) {
        context.skip(frame - (bytes.size() - used));
        return bytes.size();
      }
      used += frame;
    }
    if (connect_ && side == Side::kClient && state.part == Part::kStart &&
        starts_tls(bytes.subspan(used))) {
      context.enter_tunnel();
      return used;
    }
    return used + LineRecogniser::consume(side, bytes.subspan(used), full, context);
  }

  void on_gap(Side side, Context& context) override {
    LineRecogniser::on_gap(side, context);
    state_of(side) = State{};
  }

 private:
  enum class Part : std::uint8_t { kStart, kFields, kBody, kChunkSize, kChunk, kTrailer };
  enum class Field : std::uint8_t { kOther, kAuthorization, kCookie };
  struct State {
    Part part = Part::kStart;
    Field field = Field::kOther;  // the field a folded line continues
    bool chunked = false;
    bool request = false;
    bool has_form = false;
    bool form_typed = false;
    bool no_body = false;
    bool interesting = false;  // the server's answer to CONNECT or an Upgrade
    FormKind form = FormKind::kUrlEncoded;
    std::uint64_t body_bytes = 0;
    bool has_length = false;
  };
  static constexpr std::size_t kMaxForm = 8192;

  State& state_of(Side side) noexcept { return states_[index_of(side)]; }
  const State& state_of(Side side) const noexcept { return states_[index_of(side)]; }

  bool tls_may_begin(const Context&) const override { return upgrade_tls_; }

  void on_line(Side side, Bytes line, Context& context) override {
    context.facts.clear_bytes[index_of(side)] = true;
    State& state = state_of(side);
    const std::string_view text = as_text(line);
    switch (state.part) {
      case Part::kStart:
        start_line(side, text, context);
        break;
      case Part::kFields:
        if (text.empty()) {
          end_of_fields(side, context);
        } else {
          field(side, text, context);
        }
        break;
      case Part::kChunkSize:
        chunk_size(state, text);
        break;
      case Part::kTrailer:
        if (text.empty()) state = State{};
        break;
      case Part::kBody:
      case Part::kChunk:
        state = State{};
        break;
    }
  }

  void start_line(Side side, std::string_view text, Context& context) {
    State& state = state_of(side);
    if (text.empty()) return;
    context.refresh_budget();
    const std::string_view version = dialect_ == Dialect::kHttp   ? "HTTP/"
                                     : dialect_ == Dialect::kRtsp ? "RTSP/"
                                                                  : "SIP/";
    if (starts_nocase(text, version)) {
      status_line(side, text);
      return;
    }
    const std::size_t last = text.rfind(' ');
    if (last != std::string_view::npos && starts_nocase(text.substr(last + 1), version)) {
      state.part = Part::kFields;
      state.request = true;
      connect_ = dialect_ == Dialect::kHttp && starts_nocase(text, "CONNECT ");
      read_query(text.substr(0, last), context);
      return;
    }
    // In the midst of a message (after a gap): its fields still say what they say.
    field(side, text, context);
    if (state.field != Field::kOther) state.part = Part::kFields;
  }

  void status_line(Side side, std::string_view text) {
    State& state = state_of(side);
    state.part = Part::kFields;
    const std::size_t space = text.find(' ');
    const int code = space == std::string_view::npos ? 0 : reply_code(text.substr(space + 1));
    // RFC 9112 section 6.3: these have no body whatever their fields say.
    state.no_body = (code >= 100 && code < 200) || code == 204 || code == 304;
    state.interesting = (connect_ && code >= 200 && code < 300) || code == 101;
  }

  void field(Side side, std::string_view text, Context& context) {
    State& state = state_of(side);
    // Folding (RFC 3261 section 7.3.1, RFC 9112 section 5.2).
    if (is_space(text.front())) {
      if (state.field == Field::kAuthorization) read_digest(trim(text), context);
      if (state.field == Field::kCookie) context.mark_secret(as_bytes(text));
      return;
    }
    state.field = Field::kOther;
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return;
    const std::string_view name = trim(text.substr(0, colon));
    const std::string_view value = trim(text.substr(colon + 1));
    if (equals_nocase(name, "Authorization") || equals_nocase(name, "Proxy-Authorization")) {
      state.field = Field::kAuthorization;
      read_authorization(value, context);
    } else if (equals_nocase(name, "Content-Length") ||
               (dialect_ == Dialect::kSip && equals_nocase(name, "l"))) {
      content_length(state, value);
    } else if (equals_nocase(name, "Transfer-Encoding")) {
      state.chunked = contains_nocase(value, "chunked");
    } else if (equals_nocase(name, "Content-Type")) {
      content_type(state, value);
    } else if (equals_nocase(name, "Cookie") || equals_nocase(name, "Set-Cookie")) {
      state.field = Field::kCookie;
      context.mark_secret(as_bytes(value));
      context.facts.reasons |= reason::kCookieInClear;
    } else if (equals_nocase(name, "X-Api-Key") || equals_nocase(name, "X-Auth-Token")) {
      context.mark_secret(as_bytes(value));  // no login by any RFC, and not for the evidence
    } else if (equals_nocase(name, "Upgrade") && starts_nocase(value, "TLS/")) {
      // RFC 2817 section 3: the client asks, the server answers 101.
      if (state.request) {
        context.upgrade_requested();
        upgrade_tls_ = true;
      }
    }
  }

  static void content_length(State& state, std::string_view value) noexcept {
    std::uint64_t size = 0;
    std::size_t digits = 0;
    while (digits < value.size() && is_digit(value[digits]) && digits < 15) {
      size = size * 10 + static_cast<std::uint64_t>(value[digits++] - '0');
    }
    if (digits == 0) return;
    state.body_bytes = size;
    state.has_length = true;
  }

  static void content_type(State& state, std::string_view value) noexcept {
    state.form_typed = true;
    state.has_form = true;
    if (contains_nocase(value, "urlencoded") || starts_nocase(value, "text/plain")) {
      state.form = FormKind::kUrlEncoded;
    } else if (contains_nocase(value, "form-data")) {
      state.form = FormKind::kMultipart;
    } else if (contains_nocase(value, "json")) {
      state.form = FormKind::kJson;
    } else {
      state.has_form = false;
    }
  }

  void end_of_fields(Side side, Context& context) {
    State& state = state_of(side);
    if (state.interesting) {
      if (connect_) {
        context.enter_tunnel();
      } else if (!upgrade_tls_) {
        context.finish();  // WebSocket, h2c: no longer lines
      }
      state = State{};
      return;
    }
    if (upgrade_tls_ && side == Side::kServer && !state.no_body) {
      upgrade_tls_ = false;
      context.upgrade_refused();
    }
    if (state.no_body || (state.request && !state.chunked && !state.has_length)) {
      state = State{};
      return;
    }
    if (state.chunked) {
      state.part = Part::kChunkSize;
    } else if (state.has_length && state.body_bytes > 0) {
      state.part = Part::kBody;
    } else if (side == Side::kServer && dialect_ == Dialect::kHttp && !state.has_length) {
      context.finish_side(side);  // the body ends with the connection
    } else {
      state = State{};
    }
  }

  // RFC 9112 section 7.1.
  static void chunk_size(State& state, std::string_view text) noexcept {
    std::uint64_t size = 0;
    std::size_t digits = 0;
    for (; digits < text.size() && digits < 15; ++digits) {
      const char c = lower(text[digits]);
      if (is_digit(c)) {
        size = size * 16 + static_cast<std::uint64_t>(c - '0');
      } else if (c >= 'a' && c <= 'f') {
        size = size * 16 + static_cast<std::uint64_t>(c - 'a' + 10);
      } else {
        break;
      }
    }
    if (digits == 0) {
      state = State{};
    } else if (size == 0) {
      state.part = Part::kTrailer;
    } else {
      state.part = Part::kChunk;
      state.body_bytes = size + 2;  // and its CRLF
    }
  }

  std::uint64_t raw_pending(Side side) const override {
    const State& state = state_of(side);
    return state.part == Part::kBody || state.part == Part::kChunk ? state.body_bytes : 0;
  }

  std::size_t on_raw(Side side, Bytes bytes, bool full, Context& context) override {
    State& state = state_of(side);
    const bool read =
        state.request && dialect_ == Dialect::kHttp && (state.has_form || !state.form_typed);
    if (read) {
      const std::uint64_t wanted = std::min<std::uint64_t>(state.body_bytes, kMaxForm);
      if (bytes.size() < wanted && !full) return 0;
      read_form(bytes, state.form, context);
    }
    const std::uint64_t left = state.body_bytes - bytes.size();
    if (state.chunked) {
      state.part = Part::kChunkSize;
    } else {
      state = State{};
    }
    if (left != 0) context.skip(left);
    return bytes.size();
  }

  Dialect dialect_;
  bool connect_ = false;
  bool upgrade_tls_ = false;
  std::array<State, 2> states_;
};

}  // namespace

std::unique_ptr<Recogniser> make_http() { return std::make_unique<HeaderMessages>(Dialect::kHttp); }
std::unique_ptr<Recogniser> make_rtsp() { return std::make_unique<HeaderMessages>(Dialect::kRtsp); }
std::unique_ptr<Recogniser> make_sip() { return std::make_unique<HeaderMessages>(Dialect::kSip); }

}  // namespace capstan::audit
