// HTTP/2 in the clear (RFC 9113): the client's HEADERS, their compression undone by libnghttp2's
// HPACK (RFC 7541), and its DATA. gRPC is this. Read from the preface on: the compression has a
// memory, so that what is met in its midst, or behind a gap, cannot be read and is called unknown.
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <map>

#include "engine/audit/protocols/http_message.h"
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/text.h"
#include "engine/audit/wiping_memory.h"

namespace capstan::audit {

namespace {

// The table of compressed fields holds secrets: it is wiped when it goes.
void* allocate(std::size_t bytes, void*) noexcept { return allocate_wiped(bytes); }
void release(void* memory, void*) noexcept { free_wiped(memory); }
void* allocate_zeros(std::size_t count, std::size_t size, void*) noexcept {
  if (size != 0 && count > (std::size_t{1} << 30) / size) return nullptr;
  void* const memory = allocate_wiped(count * size);
  if (memory != nullptr) ::memset(memory, 0, count * size);
  return memory;
}
void* reallocate(void* memory, std::size_t bytes, void*) noexcept {
  void* const larger = allocate_wiped(bytes);
  if (larger == nullptr || memory == nullptr) return larger;
  ::memcpy(larger, memory, std::min(bytes, size_of_wiped(memory)));
  free_wiped(memory);
  return larger;
}

class HeaderTable {
 public:
  HeaderTable() {
    static const nghttp2_mem kMemory = {nullptr, allocate, release, allocate_zeros, reallocate};
    if (::nghttp2_hd_inflate_new2(&inflater_, const_cast<nghttp2_mem*>(&kMemory)) != 0) {
      inflater_ = nullptr;
      return;
    }
    // The server may have allowed more than the 4096 bytes of the start.
    constexpr std::size_t kLargestTable = 65536;
    ::nghttp2_hd_inflate_change_table_size(inflater_, kLargestTable);
  }
  ~HeaderTable() { ::nghttp2_hd_inflate_del(inflater_); }
  HeaderTable(const HeaderTable&) = delete;
  HeaderTable& operator=(const HeaderTable&) = delete;

  // Gives the fields of a piece of a header block to take(name, value). False: it is none.
  template <typename Take>
  bool read(Bytes block, bool last, const Take& take) {
    if (inflater_ == nullptr) return false;
    while (true) {
      nghttp2_nv field{};
      int flags = 0;
      const ssize_t used = ::nghttp2_hd_inflate_hd2(inflater_, &field, &flags, block.data(),
                                                    block.size(), last ? 1 : 0);
      if (used < 0) return false;
      block = block.subspan(static_cast<std::size_t>(used));
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
        take(as_text({field.name, field.namelen}), as_text({field.value, field.valuelen}));
      }
      if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) {
        ::nghttp2_hd_inflate_end_headers(inflater_);
        return true;
      }
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) == 0 && block.empty()) return true;
    }
  }

 private:
  nghttp2_hd_inflater* inflater_ = nullptr;
};

class Http2 final : public Recogniser {
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
      const std::size_t taken = step(bytes.subspan(used), context);
      if (taken == 0) break;
      used += taken;
    }
    return used;
  }

  // Frames cannot be found again, nor can what the table held.
  void on_gap(Side side, Context& context) override {
    if (side == Side::kClient) give_up(context);
  }

  void on_end(Side side, Bytes, Context& context) override {
    if (side != Side::kClient) return;
    for (auto& [number, message] : streams_) message.finish(context);
    streams_.clear();
  }

 private:
  static constexpr std::size_t kHeadBytes = 9;
  static constexpr std::size_t kMaxStreams = 64;  // read at once
  enum Type : std::uint8_t { kData = 0, kHeaders = 1, kContinuation = 9 };
  static constexpr std::uint8_t kEndStream = 0x01;
  static constexpr std::uint8_t kEndHeaders = 0x04;
  static constexpr std::uint8_t kPadded = 0x08;
  static constexpr std::uint8_t kPriority = 0x20;

  static void give_up(Context& context) {
    context.facts.undecidable = true;
    context.finish();
  }

  // Takes something off the front; 0: it needs more.
  std::size_t step(Bytes bytes, Context& context) {
    // RFC 9113 section 3.4: the rest of the preface may precede the frames.
    if (!begun_) {
      constexpr std::string_view kWhole = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
      for (const std::size_t from : {std::size_t{0}, std::size_t{16}}) {
        const std::string_view preface = kWhole.substr(from);
        const std::size_t size = std::min(bytes.size(), preface.size());
        if (as_text(bytes.first(size)) != preface.substr(0, size)) continue;
        if (size < preface.size()) return 0;
        begun_ = true;
        return size;
      }
      begun_ = true;
    }
    if (left_ == 0 && !in_frame_) return head(bytes, context);
    const std::size_t size = std::min<std::size_t>(bytes.size(), left_);
    left_ -= size;
    payload(bytes.first(size), context);
    if (left_ == 0) in_frame_ = false;
    return size;
  }

  std::size_t head(Bytes bytes, Context& context) {
    if (bytes.size() < kHeadBytes) return 0;
    const std::size_t length = load_be32(bytes.data()) >> 8;
    type_ = bytes[3];
    flags_ = bytes[4];
    stream_ = load_be32(bytes.data() + 5) & 0x7fffffff;
    std::size_t used = kHeadBytes;
    std::size_t extra = 0;  // in front of what the frame holds
    const bool padded = (flags_ & kPadded) != 0 && (type_ == kData || type_ == kHeaders);
    if (padded) extra += 1;
    if (type_ == kHeaders && (flags_ & kPriority) != 0) extra += 5;
    if (bytes.size() < used + extra) return 0;
    const std::size_t padding = padded ? bytes[used] : 0;
    if (extra + padding > length) {
      give_up(context);
      return bytes.size();
    }
    used += extra;
    padding_ = padding;
    left_ = length - extra;
    in_frame_ = left_ != 0;
    if (!in_frame_) payload({}, context);
    return used;
  }

  // A piece of the frame at hand; left_ is what is still to come of it.
  void payload(Bytes piece, Context& context) {
    // Padding lies at the end: what of it is in this piece is cut off.
    const std::size_t padding_here = padding_ > left_ ? padding_ - left_ : 0;
    const Bytes content = piece.first(piece.size() - std::min(padding_here, piece.size()));
    const bool frame_ends = left_ <= padding_;
    if (type_ == kHeaders || type_ == kContinuation) {
      const bool block_ends = frame_ends && (flags_ & kEndHeaders) != 0;
      if (type_ == kHeaders) ends_stream_ = (flags_ & kEndStream) != 0;
      if (!block_done_at_padding(frame_ends)) headers(content, block_ends, context);
      if (block_ends && left_ == 0 && ends_stream_) end_stream(context);
    } else if (type_ == kData) {
      const auto found = streams_.find(stream_);
      if (found != streams_.end() && !content.empty()) found->second.body(content, context);
      if (left_ == 0 && (flags_ & kEndStream) != 0) end_stream(context);
    }
  }

  // The block was ended with an earlier piece, and this one is padding alone.
  bool block_done_at_padding(bool frame_ends) noexcept {
    const bool done = frame_ends && block_ended_;
    block_ended_ = frame_ends && left_ != 0;
    return done;
  }

  void headers(Bytes block, bool last, Context& context) {
    if (streams_.size() >= kMaxStreams && streams_.count(stream_) == 0) {
      streams_.begin()->second.finish(context);
      streams_.erase(streams_.begin());
    }
    HttpMessage& message = streams_[stream_];
    const bool read = table_.read(block, last, [&](std::string_view name, std::string_view value) {
      if (name == ":path") {
        message.target(value, context);
      } else if (HttpMessage::is_telling(name, true)) {
        message.field(name, value, true, context);
      }
    });
    if (!read) give_up(context);
  }

  void end_stream(Context& context) {
    const auto found = streams_.find(stream_);
    if (found == streams_.end()) return;
    found->second.finish(context);
    streams_.erase(found);
  }

  HeaderTable table_;
  std::map<std::uint32_t, HttpMessage> streams_;
  std::size_t left_ = 0;     // bytes of the frame still to come
  std::size_t padding_ = 0;  // at its end
  std::uint32_t stream_ = 0;
  std::uint8_t type_ = 0;
  std::uint8_t flags_ = 0;
  bool begun_ = false;
  bool in_frame_ = false;
  bool ends_stream_ = false;
  bool block_ended_ = false;
};

}  // namespace

std::unique_ptr<Recogniser> make_http2() { return std::make_unique<Http2>(); }

}  // namespace capstan::audit
