// The dumps for -x, -X and -A, and for payloads that no printer knows.
#pragma once

#include <string_view>

#include "engine/flow/byte_reader.h"
#include "tools/text/text_sink.h"

namespace capstan::text {

// Prints 16 bytes per line: `indent`, "0x0010:  ", eight groups of four digits. `with_ascii` adds
// the printable characters; `offset`: number of the first byte.
void put_hex(TextSink& out, ByteReader bytes, std::string_view indent, bool with_ascii,
             std::size_t offset = 0);

// -A: a line feed, then the bytes; unprintable bytes become dots, line ends are kept.
void put_ascii(TextSink& out, ByteReader bytes);

}  // namespace capstan::text
