// WebSocket (RFC 6455): the client's messages, unmasked, and unpacked where permessage-deflate
// packed them (RFC 7692). JSON documents and STOMP's frames are read for a login; whatever else a
// message holds is not understood, and makes the session unknown.
#include <algorithm>

#include "engine/audit/protocols/body_decoder.h"
#include "engine/audit/protocols/form_reader.h"
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

class WebSocket final : public Recogniser {
 public:
  std::size_t consume(Side side, Bytes bytes, bool, Context& context) override {
    context.facts.clear_bytes[index_of(side)] = true;
    if (side == Side::kServer) {
      context.finish_side(side);
      return bytes.size();
    }
    context.refresh_budget();
    std::size_t used = 0;
    while (used < bytes.size() && !context.leaving()) {
      const Bytes rest = bytes.subspan(used);
      std::size_t taken = 0;
      if (left_ == 0) {
        taken = head(rest, context);
      } else {
        taken = static_cast<std::size_t>(std::min<std::uint64_t>(rest.size(), left_));
        payload(rest.first(taken), context);
        left_ -= taken;
        if (left_ == 0) frame_ends(context);
      }
      if (taken == 0) break;
      used += taken;
    }
    return used;
  }

  void on_gap(Side side, Context& context) override {
    if (side != Side::kClient) return;
    end_message(context);
    context.facts.undecidable = true;
    context.finish();
  }
  void on_end(Side side, Bytes, Context& context) override {
    if (side == Side::kClient) end_message(context);
  }

 private:
  static constexpr std::uint8_t kFin = 0x80;
  static constexpr std::uint8_t kCompressed = 0x40;
  static constexpr std::size_t kMaxMessage = std::size_t{1} << 20;

  // Section 5.2: two bytes, the longer forms of the length, the mask.
  std::size_t head(Bytes bytes, Context& context) {
    if (bytes.size() < 2) return 0;
    std::size_t size = 2;
    std::uint64_t length = bytes[1] & 0x7f;
    if (length == 126) size += 2;
    if (length == 127) size += 8;
    const bool masked = (bytes[1] & 0x80) != 0;
    if (masked) size += 4;
    if (bytes.size() < size) return 0;
    if (length == 126) length = load_be16(bytes.data() + 2);
    if (length == 127) {
      length = std::uint64_t{load_be32(bytes.data() + 2)} << 32 | load_be32(bytes.data() + 6);
    }
    mask_ = {};
    if (masked) std::copy_n(bytes.data() + size - 4, 4, mask_.begin());
    at_ = 0;
    left_ = length;
    first_ = bytes[0];
    const std::uint8_t opcode = first_ & 0x0f;
    control_ = opcode >= 8;
    if (!control_ && opcode != 0) {
      compressed_ = (first_ & kCompressed) != 0;
      if (compressed_ && !unpacker_) {
        unpacker_ = std::make_unique<BodyDecoder>(ContentCoding::kRawDeflate);
      }
    }
    if (left_ == 0) frame_ends(context);
    return size;
  }

  void payload(Bytes masked, Context& context) {
    if (control_) return;
    context.mark_secret(masked);
    SecretBuffer<1024> plain;
    while (!masked.empty()) {
      plain.set_size(0);
      const Bytes piece = masked.first(std::min<std::size_t>(masked.size(), 1024));
      for (const std::uint8_t byte : piece) {
        plain.push(static_cast<std::uint8_t>(byte ^ mask_[at_++ & 3U]));
      }
      masked = masked.subspan(piece.size());
      content(plain.bytes());
    }
  }

  void content(Bytes bytes) {
    if (!compressed_) {
      read(bytes);
    } else if (!unpacker_->push(bytes, [this](Bytes piece) {
                 read(piece);
                 return true;
               })) {
      unread_ = true;
    }
  }

  // What kind of message it is its first bytes say.
  void read(Bytes bytes) {
    if (bytes.empty() || unread_message_) return;
    if (!form_) {
      const std::string_view text = as_text(bytes);
      if (text[0] == '{' || text[0] == '[' || is_space(text[0])) {
        form_ = std::make_unique<FormReader>(FormKind::kJson);
      } else if (text.starts_with("CONNECT\n") || text.starts_with("STOMP\n") ||
                 text.starts_with("CONNECT\r")) {
        form_ = std::make_unique<FormReader>(FormKind::kLines);
      } else {
        unread_ = unread_message_ = true;
        return;
      }
    }
    message_bytes_ += bytes.size();
    if (message_bytes_ > kMaxMessage) {
      unread_ = unread_message_ = true;
      return;
    }
    form_->push(bytes);
  }

  void frame_ends(Context& context) {
    if (control_ || (first_ & kFin) == 0) return;
    // RFC 7692 section 7.2.2: the tail that every message has and none sends.
    if (compressed_) {
      constexpr std::array<std::uint8_t, 4> kTail = {0, 0, 0xff, 0xff};
      content(kTail);
    }
    end_message(context);
  }

  void end_message(Context& context) {
    if (form_) form_->finish(context);
    form_.reset();
    unread_message_ = false;
    message_bytes_ = 0;
    if (unread_) context.facts.undecidable = true;
  }

  std::array<std::uint8_t, 4> mask_{};
  std::uint64_t at_ = 0;
  std::uint64_t left_ = 0;
  std::size_t message_bytes_ = 0;
  std::uint8_t first_ = 0;
  bool control_ = false;
  bool compressed_ = false;
  bool unread_ = false;          // something was not understood
  bool unread_message_ = false;  // ... in the message at hand
  std::unique_ptr<BodyDecoder> unpacker_;
  std::unique_ptr<FormReader> form_;
};

}  // namespace

std::unique_ptr<Recogniser> make_websocket() { return std::make_unique<WebSocket>(); }

}  // namespace capstan::audit
