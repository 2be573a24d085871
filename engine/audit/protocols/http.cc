// HTTP/1.x (RFC 9112), RTSP (RFC 7826, RFC 2326) and SIP (RFC 3261): messages of a start line,
// header fields and a body. What they say of a login is http_message.h's; what a connection turns
// into by Upgrade, or by HTTP/2's preface, is http2.cc's and websocket.cc's.
#include <algorithm>

#include "engine/audit/protocols/http_message.h"
#include "engine/audit/protocols/line_recogniser.h"
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/secret_buffer.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

enum class Dialect : std::uint8_t { kHttp, kRtsp, kSip };

class HeaderMessages final : public LineRecogniser {
 public:
  explicit HeaderMessages(Dialect dialect) noexcept : dialect_(dialect) {}

  std::size_t consume(Side side, Bytes bytes, bool full, Context& context) override {
    if (after_) return after_->consume(side, bytes, full, context);
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
    if (after_) {
      after_->on_gap(side, context);
      return;
    }
    LineRecogniser::on_gap(side, context);
    end_message(side, context);
  }

  void on_end(Side side, Bytes rest, Context& context) override {
    if (after_) {
      after_->on_end(side, rest, context);
      return;
    }
    LineRecogniser::on_end(side, rest, context);
    end_field(side, context);
    end_message(side, context);
  }

 private:
  enum class Part : std::uint8_t { kStart, kFields, kBody, kChunkSize, kChunk, kTrailer };
  // What the connection is to become (RFC 9110 section 7.8).
  enum class Change : std::uint8_t { kNone, kTls, kWebSocket, kHttp2, kUnknown };
  struct State {
    Part part = Part::kStart;
    bool chunked = false;
    bool request = false;
    bool no_body = false;
    bool switches = false;  // the server's answer to CONNECT or an Upgrade
    bool reads = false;     // the body is given to the message
    std::uint64_t body_bytes = 0;
    bool has_length = false;
    HttpMessage message;
    // A field that may tell, kept until it is known that no folded line follows.
    std::unique_ptr<SecretBuffer<kMaxLine>> field;
    std::size_t name_bytes = 0;
  };

  State& state_of(Side side) noexcept { return states_[index_of(side)]; }
  const State& state_of(Side side) const noexcept { return states_[index_of(side)]; }

  bool stopped() const override { return after_ != nullptr; }
  bool tls_may_begin(const Context&) const override { return change_ == Change::kTls; }

  // The end of a message, or of what is seen of it.
  void end_message(Side side, Context& context) {
    State& state = state_of(side);
    state.message.finish(context);
    state = State{};
  }

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
        chunk_size(side, text, context);
        break;
      case Part::kTrailer:
        if (text.empty()) {
          end_field(side, context);
          end_message(side, context);
        } else {
          field(side, text, context);
        }
        break;
      case Part::kBody:
      case Part::kChunk:
        end_message(side, context);
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
      // RFC 9113 section 3.4: the preface of HTTP/2, from a client that knows its server.
      if (dialect_ == Dialect::kHttp && text == "PRI * HTTP/2.0") {
        after_ = make_http2();
        return;
      }
      state.part = Part::kFields;
      state.request = true;
      change_ = Change::kNone;
      connect_ = dialect_ == Dialect::kHttp && starts_nocase(text, "CONNECT ");
      if (dialect_ != Dialect::kSip) {
        const std::size_t first = std::min(text.find(' '), last);
        state.message.target(trim(text.substr(first, last - first)), context);
      }
      return;
    }
    // HTTP/0.9: a line that is a method and a target.
    if (dialect_ == Dialect::kHttp && side == Side::kClient && starts_nocase(text, "GET /")) {
      state.message.target(trim(text.substr(4)), context);
      end_message(side, context);
      return;
    }
    // In the midst of a message (after a gap): its fields still say what they say.
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos ||
        !HttpMessage::is_telling(trim(text.substr(0, colon)), side == Side::kClient)) {
      return;
    }
    state.part = Part::kFields;
    state.request = side == Side::kClient;
    field(side, text, context);
  }

  void status_line(Side side, std::string_view text) {
    State& state = state_of(side);
    state.part = Part::kFields;
    const std::size_t space = text.find(' ');
    const int code = space == std::string_view::npos ? 0 : reply_code(text.substr(space + 1));
    // RFC 9112 section 6.3: these have no body whatever their fields say.
    state.no_body = (code >= 100 && code < 200) || code == 204 || code == 304;
    state.switches = (connect_ && code >= 200 && code < 300) || code == 101;
  }

  void field(Side side, std::string_view text, Context& context) {
    State& state = state_of(side);
    // Folding (RFC 3261 section 7.3.1, RFC 9112 section 5.2): the line goes on with the field.
    if (is_space(text.front())) {
      if (state.field) {
        context.mark_secret(as_bytes(text));
        for (const char c : text) state.field->push(static_cast<std::uint8_t>(c));
      }
      return;
    }
    end_field(side, context);
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return;
    const std::string_view name = trim(text.substr(0, colon));
    const std::string_view value = trim(text.substr(colon + 1));
    if (equals_nocase(name, "Cookie") || equals_nocase(name, "Set-Cookie") ||
        starts_nocase(name, "Content-")) {
      if (!starts_nocase(name, "Content-")) context.mark_secret(as_bytes(value));
      state.message.field(name, value, state.request, context);
    } else if (HttpMessage::is_telling(name, state.request)) {
      context.mark_secret(as_bytes(value));
      state.field = std::make_unique_for_overwrite<SecretBuffer<kMaxLine>>();
      for (const char c : name) state.field->push(static_cast<std::uint8_t>(c));
      state.name_bytes = state.field->bytes().size();
      for (const char c : value) state.field->push(static_cast<std::uint8_t>(c));
    }
    if (equals_nocase(name, "Content-Length") ||
        (dialect_ == Dialect::kSip && equals_nocase(name, "l"))) {
      content_length(state, value);
    } else if (equals_nocase(name, "Transfer-Encoding")) {
      state.chunked = contains_nocase(value, "chunked");
    } else if (equals_nocase(name, "Upgrade") && dialect_ == Dialect::kHttp) {
      upgrade(state, value, context);
    }
  }

  // The field is whole: what does it say?
  void end_field(Side side, Context& context) {
    State& state = state_of(side);
    if (!state.field) return;
    const std::string_view text = as_text(state.field->bytes());
    const std::string_view name = text.substr(0, state.name_bytes);
    // The credential is where the line was, not where its copy is.
    state.message.field(name, trim(text.substr(state.name_bytes)), state.request, context);
    state.field.reset();
  }

  void upgrade(const State& state, std::string_view value, Context& context) {
    if (starts_nocase(value, "TLS/")) {
      // RFC 2817 section 3: the client asks, the server answers 101.
      if (!state.request) return;
      context.upgrade_requested();
      change_ = Change::kTls;
    } else if (contains_nocase(value, "websocket")) {
      change_ = Change::kWebSocket;
    } else if (starts_nocase(value, "h2c")) {
      change_ = Change::kHttp2;
    } else if (change_ == Change::kNone) {
      change_ = Change::kUnknown;
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

  void end_of_fields(Side side, Context& context) {
    end_field(side, context);
    State& state = state_of(side);
    if (state.switches) {
      switch_protocol(context);
      state = State{};
      return;
    }
    if (change_ == Change::kTls && side == Side::kServer && !state.no_body) {
      change_ = Change::kNone;
      context.upgrade_refused();
    }
    const bool empty = state.no_body || (state.has_length && state.body_bytes == 0) ||
                       (state.request && !state.chunked && !state.has_length);
    if (empty && !state.chunked) {
      end_message(side, context);
      return;
    }
    state.reads = state.request && dialect_ == Dialect::kHttp && state.message.reads_body();
    if (state.chunked) {
      state.part = Part::kChunkSize;
    } else if (state.has_length) {
      state.part = Part::kBody;
    } else if (side == Side::kServer && dialect_ == Dialect::kHttp) {
      context.finish_side(side);  // the body ends with the connection
    } else {
      end_message(side, context);
    }
  }

  void switch_protocol(Context& context) {
    if (connect_) {
      context.enter_tunnel();
    } else if (change_ == Change::kWebSocket) {
      after_ = make_websocket();
    } else if (change_ == Change::kHttp2) {
      after_ = make_http2();
    } else if (change_ != Change::kTls) {
      // Something else from here on: what is not read is not called harmless.
      context.facts.undecidable = true;
      context.finish();
    }
  }

  // RFC 9112 section 7.1.
  void chunk_size(Side side, std::string_view text, Context& context) {
    State& state = state_of(side);
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
      if (!text.empty()) end_message(side, context);  // the CRLF behind a chunk is an empty line
    } else if (size == 0) {
      state.part = Part::kTrailer;
    } else {
      state.part = Part::kChunk;
      state.body_bytes = size;
    }
  }

  std::uint64_t raw_pending(Side side) const override {
    const State& state = state_of(side);
    return state.part == Part::kBody || state.part == Part::kChunk ? state.body_bytes : 0;
  }

  // The body as it comes: whatever cuts it cuts no field of it.
  std::size_t on_raw(Side side, Bytes bytes, bool, Context& context) override {
    State& state = state_of(side);
    if (state.reads) {
      context.mark_secret(bytes);
      state.reads = state.message.body(bytes, context);
    }
    state.body_bytes -= bytes.size();
    if (!state.reads && state.body_bytes != 0) {
      context.skip(state.body_bytes);
      state.body_bytes = 0;
    }
    if (state.body_bytes == 0) {
      if (state.chunked) {
        state.part = Part::kChunkSize;
      } else {
        end_message(side, context);
      }
    }
    context.refresh_budget();
    return bytes.size();
  }

  Dialect dialect_;
  bool connect_ = false;
  Change change_ = Change::kNone;
  std::unique_ptr<Recogniser> after_;  // what the connection has become
  std::array<State, 2> states_;
};

}  // namespace

std::unique_ptr<Recogniser> make_http() { return std::make_unique<HeaderMessages>(Dialect::kHttp); }
std::unique_ptr<Recogniser> make_rtsp() { return std::make_unique<HeaderMessages>(Dialect::kRtsp); }
std::unique_ptr<Recogniser> make_sip() { return std::make_unique<HeaderMessages>(Dialect::kSip); }

}  // namespace capstan::audit
