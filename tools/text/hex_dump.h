// The dumps of -x, -X and -A, and of payloads that no printer knows.
#pragma once

#include <string_view>

#include "engine/flow/byte_reader.h"
#include "tools/text/text_sink.h"

namespace capstan::text {

// 16 bytes a line: `indent`, "0x0010:  ", eight groups of four digits. `with_ascii` adds the
// printable characters; `offset` is the number of the first byte.
void put_hex(TextSink& out, ByteReader bytes, std::string_view indent, bool with_ascii,
             std::size_t offset = 0);

// -A: a line feed, then the bytes; what is not printable is a dot, line ends are kept.
void put_ascii(TextSink& out, ByteReader bytes);

}  // namespace capstan::text
