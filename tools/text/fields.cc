#include "tools/text/fields.h"

#include <algorithm>

#include "tools/text/hex_dump.h"

namespace capstan::text {

bool put_text(Printer& p, const Input& in, std::size_t offset, std::size_t count) {
  const std::size_t captured = in.captured();
  const std::size_t there = offset < captured ? std::min(captured - offset, count) : 0;
  for (std::size_t i = 0; i < there; ++i) p.safe_char(in.data()[offset + i]);
  return there == count;
}

std::size_t put_text_to_nul(Printer& p, const Input& in, std::size_t offset, std::size_t count) {
  for (std::size_t i = 0; i < count && in.has(offset + i, 1); ++i) {
    const std::uint8_t byte = in.u8(offset + i);
    if (byte == 0) return i + 1;
    p.safe_char(byte);
  }
  return 0;
}

TextSink& put_name(Printer& p, std::span<const Token> table, std::uint32_t value,
                   std::string_view otherwise) {
  const char* name = find_token(table, value);
  return p.out.put(name != nullptr ? std::string_view(name) : otherwise);
}

void put_hex_run(Printer& p, const Input& in, std::size_t offset, std::size_t count) {
  for (std::size_t i = 0; i < count && !p.truncated(); ++i) p.out.hex(in.u8(offset + i), 2);
}

TextSink& put_alternate_hex(Printer& p, std::uint64_t value) {
  return value == 0 ? p.out.put('0') : p.out.hex0x(value);
}

TextSink& put_ratio(Printer& p, std::uint64_t numerator, std::uint64_t denominator,
                    unsigned decimals) {
  std::uint64_t scale = 1;
  for (unsigned i = 0; i < decimals; ++i) scale *= 10;
  std::uint64_t whole = numerator / denominator;
  const std::uint64_t rest = numerator % denominator;
  const std::uint64_t scaled = rest * scale;
  std::uint64_t fraction = scaled / denominator;
  const std::uint64_t left = scaled % denominator;
  // Half goes to the even digit, as with a binary fraction that is exact.
  if (2 * left > denominator || (2 * left == denominator && (fraction & 1) != 0)) ++fraction;
  if (fraction >= scale) {
    fraction -= scale;
    ++whole;
  }
  p.out.dec(whole);
  return decimals == 0 ? p.out : p.out.put('.').dec_padded(fraction, decimals);
}

void put_data(Printer& p, const Input& in, std::size_t offset, std::size_t count,
              std::string_view indent) {
  put_hex(p.out, in.bytes().from(offset).first(count), indent, false);
}

void put_data_with_text(Printer& p, const Input& in, std::size_t offset, std::size_t count,
                        std::string_view indent) {
  put_hex(p.out, in.bytes().from(offset).first(count), indent, true);
}

TextSink& put_utc(Printer& p, std::int64_t seconds_since_1970) {
  // Days to a civil date, counted in eras of 400 years that begin on 1 March.
  std::int64_t days = seconds_since_1970 / 86'400;
  std::int64_t second = seconds_since_1970 % 86'400;
  if (second < 0) {
    second += 86'400;
    --days;
  }
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const std::int64_t day_of_era = days - era * 146'097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const std::int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  const std::int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  const auto two = [&](std::int64_t value) -> TextSink& {
    return p.out.dec_padded(static_cast<std::uint64_t>(value), 2);
  };
  p.out.signed_dec(year).put('-');
  two(month).put('-');
  two(day).put('T');
  two(second / 3600).put(':');
  two(second / 60 % 60).put(':');
  return two(second % 60).put('Z');
}

void put_ntp_time(Printer& p, std::uint32_t seconds, std::uint32_t fraction) {
  constexpr std::int64_t k1970 = 2'208'988'800;  // in seconds since 1900
  const auto billionths =
      static_cast<std::uint64_t>(static_cast<double>(fraction) / 4294967296.0 * 1000000000.0);
  p.out.dec(seconds).put('.').dec_padded(billionths, 9);
  if (seconds == 0) return;
  p.out.put(" (");
  put_utc(p, std::int64_t{seconds} - k1970).put(')');
}

}  // namespace capstan::text
