// Small functions shared by many application printers: text and hex runs that report whether all
// bytes were present, and printf formats that TextSink does not have.
#pragma once

#include "tools/text/printer.h"

namespace capstan::text {

// Prints up to `count` bytes at `offset` as text. Returns false when fewer are captured: these are
// printed, and the caller closes its quotes before it truncates.
bool put_text(Printer& p, const Input& in, std::size_t offset, std::size_t count);
// Prints text up to a NUL, which must come within `count` bytes. Returns the number of bytes read,
// including the NUL. Returns 0 when there is no NUL: the present bytes are printed, and the caller
// closes its quotes and truncates.
std::size_t put_text_to_nul(Printer& p, const Input& in, std::size_t offset, std::size_t count);
// Prints the token's text, or `otherwise` without the value.
TextSink& put_name(Printer& p, std::span<const Token> table, std::uint32_t value,
                   std::string_view otherwise);
// Prints `count` bytes as two hexadecimal digits each.
void put_hex_run(Printer& p, const Input& in, std::size_t offset, std::size_t count);
// printf's "%#x": no prefix before 0.
TextSink& put_alternate_hex(Printer& p, std::uint64_t value);
// printf's "%.*f" of numerator / denominator, rounded half up; up to 9 decimals.
TextSink& put_ratio(Printer& p, std::uint64_t numerator, std::uint64_t denominator,
                    unsigned decimals);
// Like put_data(), with the printable characters beside the digits.
void put_data_with_text(Printer& p, const Input& in, std::size_t offset, std::size_t count,
                        std::string_view indent);
// "\n\t0x0000:  ..." for `count` bytes at `offset`, even if the packet is dumped anyway.
void put_data(Printer& p, const Input& in, std::size_t offset, std::size_t count,
              std::string_view indent);
// A fixed-point time with 32 bits of fraction, followed by the UTC date unless `seconds`, which
// count from 1900, is 0: NTP (RFC 5905 section 6).
void put_ntp_time(Printer& p, std::uint32_t seconds, std::uint32_t fraction);
// strftime's "%Y-%m-%dT%H:%M:%SZ" for seconds since 1970.
TextSink& put_utc(Printer& p, std::int64_t seconds_since_1970);

}  // namespace capstan::text
