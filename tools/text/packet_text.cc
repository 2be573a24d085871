#include "tools/text/packet_text.h"

#include <time.h>

#include <algorithm>

#include "engine/core/clock.h"
#include "tools/text/hex_dump.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

// Offsets from UTC and dates change at quarters of an hour only.
constexpr std::uint64_t kSlotSeconds = 900;
constexpr std::uint32_t kSecondsPerDay = 86400;
constexpr std::uint32_t kMaxCaplen = 262144;

void put_hh_mm_ss(TextSink& out, std::uint64_t seconds) {
  char* cursor = out.reserve(16);
  const std::uint64_t hours = seconds / 3600;
  if (hours >= 100) {
    out.dec(hours);
    cursor = out.reserve(8);
  } else {
    std::memcpy(cursor, kTwoDigits + 2 * hours, 2);
    cursor += 2;
  }
  *cursor++ = ':';
  std::memcpy(cursor, kTwoDigits + 2 * (seconds / 60 % 60), 2);
  cursor[2] = ':';
  std::memcpy(cursor + 3, kTwoDigits + 2 * (seconds % 60), 2);
  out.advance_to(cursor + 5);
}

}  // namespace

void TimeText::put_fraction(TextSink& out, std::uint64_t nanoseconds) const {
  const unsigned digits = options_.nanoseconds ? 9 : 6;
  std::uint64_t value = options_.nanoseconds ? nanoseconds : nanoseconds / 1000;
  char* cursor = out.reserve(10);
  *cursor = '.';
  for (unsigned i = digits; i > 0; --i) {
    cursor[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out.advance_to(cursor + digits + 1);
}

void TimeText::look_up(std::uint64_t seconds) {
  slot_ = seconds / kSlotSeconds;
  const auto begin = static_cast<time_t>(slot_ * kSlotSeconds);
  tm local{};
  if (::localtime_r(&begin, &local) == nullptr) local = {};
  second_of_day_ =
      static_cast<std::uint32_t>((local.tm_hour * 60 + local.tm_min) * 60 + local.tm_sec);
  date_size_ = ::strftime(date_, sizeof(date_), "%Y-%m-%d ", &local);
}

void TimeText::put_clock(TextSink& out, std::uint64_t seconds) {
  if (seconds / kSlotSeconds != slot_) look_up(seconds);
  if (options_.time_mode == TimeMode::kDate) out.put(std::string_view(date_, date_size_));
  put_hh_mm_ss(out, (second_of_day_ + seconds % kSlotSeconds) % kSecondsPerDay);
}

void TimeText::put(TextSink& out, std::uint64_t timestamp_ns, std::uint64_t reference_ns) {
  switch (options_.time_mode) {
    case TimeMode::kNone:
      return;
    case TimeMode::kClock:
    case TimeMode::kDate:
      put_clock(out, timestamp_ns / kNanosecondsPerSecond);
      put_fraction(out, timestamp_ns % kNanosecondsPerSecond);
      break;
    case TimeMode::kEpoch:
      out.dec(timestamp_ns / kNanosecondsPerSecond);
      put_fraction(out, timestamp_ns % kNanosecondsPerSecond);
      break;
    case TimeMode::kSincePrevious:
    case TimeMode::kSinceFirst: {
      const bool backwards = timestamp_ns < reference_ns;
      const std::uint64_t unit = options_.nanoseconds ? 1 : 1000;
      const std::uint64_t now = timestamp_ns / unit;
      const std::uint64_t before = reference_ns / unit;
      const std::uint64_t delta = (backwards ? before - now : now - before) * unit;
      out.put(backwards ? '-' : ' ');
      put_hh_mm_ss(out, delta / kNanosecondsPerSecond);
      put_fraction(out, delta % kNanosecondsPerSecond);
      break;
    }
  }
  out.put(' ');
}

void PacketText::put_dumps(const PacketView& packet, std::size_t header_bytes) {
  const ByteReader whole(packet.data, packet.caplen);
  const ByteReader payload = whole.from(std::min<std::size_t>(header_bytes, packet.caplen));
  TextSink& out = printer_.out;
  if (options_.hex_and_ascii > 0) {
    put_hex(out, options_.hex_and_ascii > 1 ? whole : payload, "\n\t", true);
  } else if (options_.hex > 0) {
    put_hex(out, options_.hex > 1 ? whole : payload, "\n\t", false);
  } else if (options_.ascii > 0) {
    const ByteReader shown = options_.ascii > 1 ? whole : payload;
    if (!shown.empty()) put_ascii(out, shown);
  }
}

namespace {

// A record that no capture makes. Says so instead of the whole line, the time included.
bool put_invalid_header(TextSink& out, const PacketView& packet) {
  const bool longer = packet.wirelen < packet.caplen && packet.wirelen != 0;
  if (packet.caplen != 0 && packet.wirelen != 0 && !longer && packet.caplen <= kMaxCaplen) {
    return false;
  }
  out.put("[Invalid header:").put(packet.caplen == 0 ? " caplen==0" : "");
  if (packet.wirelen == 0) out.put(packet.caplen == 0 ? ", len==0" : " len==0");
  if (longer) out.put(" len(").dec(packet.wirelen).put(") < caplen(").dec(packet.caplen).put(')');
  if (packet.caplen > kMaxCaplen) {
    out.put(longer || packet.wirelen == 0 ? ", caplen(" : " caplen(").dec(packet.caplen);
    out.put(") > ").dec(kMaxCaplen);
  }
  out.put("]\n");
  return true;
}

}  // namespace

void PacketText::print(const PacketView& packet, const PacketPlace& place) {
  TextSink& out = printer_.out;
  if (options_.packet_numbers) out.dec_padded(place.number, 5, ' ').put("  ");
  if (options_.lengths) {
    out.put("caplen ").dec(packet.caplen).put(", len ").dec(packet.wirelen).put(", ");
  }
  if (put_invalid_header(out, packet)) return;
  time_.put(out, packet.timestamp_ns, place.reference_time_ns);
  printer_.begin_packet();
  const Input in(printer_, packet.data, packet.caplen, packet.wirelen);
  const std::size_t header_bytes = print_link(printer_, in, packet.link_type);
  printer_.end_packet();
  put_dumps(packet, header_bytes);
  out.put('\n');
}

}  // namespace capstan::text
