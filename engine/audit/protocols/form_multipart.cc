// FormReader's reading of multipart/form-data.
#include "engine/audit/protocols/form_reader.h"
#include "engine/audit/text.h"

namespace capstan::audit {

// RFC 7578 section 4.1, RFC 2046 section 5.1.1: parts of header lines, an empty line and a value,
// up to CRLF "--". The boundary itself need not be known: a value with CRLF "--" in it ends too
// early.
void FormReader::multipart(std::uint8_t byte) {
  constexpr std::string_view kEnd = "\r\n--";
  switch (part_) {
    case Part::kStart:
      if (byte == '\n') part_ = Part::kHeaders;
      break;
    case Part::kHeaders:
      if (byte != '\n') {
        if (byte != '\r') tag_.push(byte);
        break;
      }
      if (tag_.bytes().empty()) {
        part_ = Part::kValue;
        matched_ = 0;
        break;
      }
      multipart_header();
      tag_.set_size(0);
      break;
    case Part::kValue:
      if (byte == static_cast<std::uint8_t>(kEnd[matched_])) {
        if (++matched_ < kEnd.size()) break;
        if (is_file_) clear_value();
        end_field();
        is_file_ = false;
        matched_ = 0;
        part_ = Part::kDelimiter;
        break;
      }
      for (std::size_t i = 0; i < matched_; ++i) {
        put_value(static_cast<std::uint8_t>(kEnd[i]));
      }
      matched_ = byte == '\r' ? 1 : 0;
      if (matched_ == 0) put_value(byte);
      break;
    default:  // kDelimiter
      if (byte == '\n') part_ = Part::kHeaders;
      break;
  }
}

// Content-Disposition: form-data; name="field" or name=field; a file's content is no field.
void FormReader::multipart_header() {
  const std::string_view line = as_text(tag_.bytes());
  if (!starts_nocase(line, "Content-Disposition")) return;
  is_file_ = contains_nocase(line, "filename");
  std::string_view rest = line;
  while (!rest.empty()) {
    const std::size_t at = rest.find(';');
    if (at == std::string_view::npos) return;
    rest = trim_left(rest.substr(at + 1));
    if (!starts_nocase(rest, "name")) continue;
    std::string_view value = trim_left(rest.substr(4));
    const bool extended = value.starts_with('*');  // RFC 5987 section 3.2: UTF-8''pass%77ord
    if (extended) value = trim_left(value.substr(1));
    if (!value.starts_with('=')) continue;
    value = trim_left(value.substr(1));
    if (extended) {
      read_extended_name(value.substr(0, value.find_first_of("; \t")));
      return;
    }
    const bool quoted = value.starts_with('"');
    if (quoted) value.remove_prefix(1);
    const std::size_t end = value.find_first_of(quoted ? "\"" : "; \t");
    clear_name();
    for (const char c : value.substr(0, end)) put_name(static_cast<std::uint8_t>(c));
    return;
  }
}

void FormReader::read_extended_name(std::string_view value) {
  const std::size_t quote = value.rfind('\'');
  if (quote != std::string_view::npos) value.remove_prefix(quote + 1);
  clear_name();
  for (std::size_t i = 0; i < value.size(); ++i) {
    const int high = value[i] == '%' && i + 2 < value.size()
                         ? hex_digit(static_cast<std::uint8_t>(value[i + 1]))
                         : -1;
    const int low = high < 0 ? -1 : hex_digit(static_cast<std::uint8_t>(value[i + 2]));
    if (low < 0) {
      put_name(static_cast<std::uint8_t>(value[i]));
    } else {
      put_name(static_cast<std::uint8_t>(high * 16 + low));
      i += 2;
    }
  }
}

}  // namespace capstan::audit
