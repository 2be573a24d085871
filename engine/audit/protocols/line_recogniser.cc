#include "engine/audit/protocols/line_recogniser.h"

#include <string.h>

#include "engine/audit/text.h"

namespace capstan::audit {

bool starts_tls(Bytes bytes) noexcept {
  if (bytes.size() < 3) return false;
  // Alert (21) and handshake (22) records.
  if ((bytes[0] == 22 || bytes[0] == 21) && bytes[1] == 3 && bytes[2] <= 4) return true;
  return bytes.size() >= 5 && (bytes[0] & 0x80) != 0 && bytes[2] == 1 &&
         ((bytes[3] == 3 && bytes[4] <= 4) || (bytes[3] == 0 && bytes[4] == 2));
}

bool may_start_tls(Bytes bytes) noexcept {
  if (bytes.empty()) return false;
  if (bytes[0] == 22 || bytes[0] == 21)
    return bytes.size() < 3 && (bytes.size() < 2 || bytes[1] == 3);
  return (bytes[0] & 0x80) != 0 && bytes.size() < 5 && (bytes.size() < 3 || bytes[2] == 1);
}

std::size_t LineRecogniser::consume(Side side, Bytes bytes, bool full, Context& context) {
  const std::size_t s = index_of(side);
  std::size_t used = 0;
  while (used < bytes.size() && !context.leaving() && !stopped()) {
    const Bytes rest = bytes.subspan(used);
    if (tls_may_begin(context) && !dropping_[s]) {
      if (starts_tls(rest)) {
        context.become_tls();
        return used;
      }
      if (may_start_tls(rest) && !full) return used;
    }
    if (const std::uint64_t pending = raw_pending(side); pending != 0 && !dropping_[s]) {
      const Bytes raw =
          rest.first(static_cast<std::size_t>(std::min<std::uint64_t>(pending, rest.size())));
      const std::size_t taken = on_raw(side, raw, full && used == 0, context);
      if (taken == 0) return used;
      used += taken;
      continue;
    }
    const void* newline = ::memchr(rest.data(), '\n', rest.size());
    if (newline == nullptr) {
      if (rest.size() < kMaxLine && !(full && used == 0)) return used;
      if (!dropping_[s]) on_line(side, rest.first(std::min(rest.size(), kMaxLine)), context);
      dropping_[s] = true;
      return bytes.size();
    }
    std::size_t length =
        static_cast<std::size_t>(static_cast<const std::uint8_t*>(newline) - rest.data());
    used += length + 1;
    if (dropping_[s]) {
      dropping_[s] = false;
      continue;
    }
    while (length > 0 && rest[length - 1] == '\r') --length;
    on_line(side, rest.first(length), context);
  }
  return used;
}

void LineRecogniser::on_gap(Side side, Context& context) {
  static_cast<void>(context);
  // A lost packet of a dialogue in lines nearly always ends with a line, so what follows is read as
  // a line: a command is known by its word, and a login behind the gap is not missed.
  dropping_[index_of(side)] = false;
}

void LineRecogniser::on_end(Side side, Bytes rest, Context& context) {
  // A line the capture cuts off still shows what it shows.
  if (rest.empty() || dropping_[index_of(side)]) return;
  if (tls_may_begin(context) && may_start_tls(rest)) return;
  if (raw_pending(side) != 0) {
    on_raw(side, rest, true, context);
    return;
  }
  on_line(side, rest, context);
}

}  // namespace capstan::audit
