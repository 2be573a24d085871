// Small shapes that many application printers share: text and hex runs that say whether all of it
// was there, and printf forms the line buffer has no name for.
#pragma once

#include "tools/text/printer.h"

namespace capstan::text {

// Up to `count` bytes at `offset` as text. False when fewer are captured: those are put, and the
// caller closes its quotes before it truncates.
bool put_text(Printer& p, const Input& in, std::size_t offset, std::size_t count);
// Text up to a NUL, which must come within `count` bytes. Gives the bytes read, the NUL among them;
// 0 when there was none: what was there is put, and the caller closes its quotes and truncates.
std::size_t put_text_to_nul(Printer& p, const Input& in, std::size_t offset, std::size_t count);
// The token's text, or `otherwise` without the value.
TextSink& put_name(Printer& p, std::span<const Token> table, std::uint32_t value,
                   std::string_view otherwise);
// `count` bytes as two hexadecimal digits each.
void put_hex_run(Printer& p, const Input& in, std::size_t offset, std::size_t count);
// printf's "%#x": no prefix before 0.
TextSink& put_alternate_hex(Printer& p, std::uint64_t value);
// printf's "%.*f" of numerator / denominator, rounded half up; up to 9 decimals.
TextSink& put_ratio(Printer& p, std::uint64_t numerator, std::uint64_t denominator,
                    unsigned decimals);
// As put_data(), with the characters beside.
void put_data_with_text(Printer& p, const Input& in, std::size_t offset, std::size_t count,
                        std::string_view indent);
// "\n\t0x0000:  ..." of `count` bytes at `offset`, whatever else is dumped.
void put_data(Printer& p, const Input& in, std::size_t offset, std::size_t count,
              std::string_view indent);
// Fixed point with 32 bits of fraction, and after the seconds of 1970 the UTC date: NTP (RFC 5905
// section 6).
void put_ntp_time(Printer& p, std::uint32_t seconds, std::uint32_t fraction);
// strftime's "%Y-%m-%dT%H:%M:%SZ" of seconds since 1970.
TextSink& put_utc(Printer& p, std::int64_t seconds_since_1970);

}  // namespace capstan::text
