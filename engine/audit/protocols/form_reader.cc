#include "engine/audit/protocols/form_reader.h"

#include <algorithm>
#include <memory>

#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

bool is_blank(std::uint8_t byte) noexcept {
  return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

// Names that others use as well are believed only with a value that can be a token.
// The fewest bytes of such a value; 0: the name is nobody else's.
std::size_t shortest_token_of(std::string_view name) noexcept {
  if (equals_nocase(name, "key")) return 16;
  return equals_nocase(name, "token") ? 8 : 0;
}

}  // namespace

void FormReader::clear_value() noexcept {
  ::explicit_bzero(value_.space().data(), value_.bytes().size());
  value_.set_size(0);
  value_length_ = 0;
}

void FormReader::put_name(std::uint8_t byte) noexcept {
  if (name_size_ == kMaxName) {
    name_too_long_ = true;
    return;
  }
  name_[name_size_++] = static_cast<char>(byte);
}

void FormReader::put_value(std::uint8_t byte) noexcept {
  ++value_length_;
  value_.push(byte);
}

// RFC 3629 section 3.
void FormReader::put_utf8(std::uint32_t code, bool in_name) noexcept {
  const auto put = [this, in_name](std::uint32_t byte) {
    if (in_name) {
      put_name(static_cast<std::uint8_t>(byte));
    } else {
      put_value(static_cast<std::uint8_t>(byte));
    }
  };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6);
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | (code >> 18 & 0x07));
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  }
}

void FormReader::field(std::string_view name, Bytes value, std::size_t length) {
  if (trim(as_text(value)).empty()) return;
  // A pre-signed request: AWS Signature Version 4 and 2, Google, Azure.
  if (equals_nocase(name, "X-Amz-Signature") || equals_nocase(name, "X-Goog-Signature") ||
      (equals_nocase(name, "Signature") && length >= 20) || (name == "sig" && length >= 20)) {
    signed_ = true;
    return;
  }
  if (starts_nocase(name, "X-Amz-") || starts_nocase(name, "X-Goog-")) return;  // of its making
  // GraphQL (October 2021 edition, section 2.6): the arguments stand inside the document's text.
  if (kind_ == FormKind::kJson && equals_nocase(name, "query") && length > 8) {
    graphql(as_text(value));
    return;
  }
  switch (field_kind(name)) {
    case FieldKind::kNone:
      nested(value);
      return;
    case FieldKind::kUser:
      if (has_user_ || (kind_ == FormKind::kQuery && name.size() < 3)) return;
      has_user_ = true;
      user_.assign(as_text(value.first(std::min<std::size_t>(value.size(), 160))));
      return;
    case FieldKind::kToken:
      if (secret_kind_ != SecretKind::kNone) return;
      if (const std::size_t shortest = shortest_token_of(name);
          shortest != 0 ? !looks_like_token(as_text(value), shortest)
                        : !may_be_token(as_text(value))) {
        return;
      }
      secret_kind_ = SecretKind::kToken;
      break;
    case FieldKind::kPassword:
      // A password outweighs a token beside it; of several the first is the login's.
      if (secret_kind_ == SecretKind::kPlain || secret_kind_ == SecretKind::kHash) return;
      secret_kind_ = digest_type_ ? SecretKind::kHash : SecretKind::kPlain;
      break;
  }
  keep_secret(value, length);
}

void FormReader::keep_secret(Bytes value, std::size_t length) noexcept {
  ::explicit_bzero(secret_.space().data(), secret_.bytes().size());
  secret_.set_size(0);
  for (const std::uint8_t byte : value) {
    if (!secret_.push(byte)) break;
  }
  secret_length_ = length;
}

// A document in a field, as in payload={"password":"x"} and in JSON that holds JSON as a string:
// one level of it.
void FormReader::nested(Bytes value) {
  const std::string_view text = trim(as_text(value));
  if (within_ || !text.starts_with('{') || secret_kind_ != SecretKind::kNone) return;
  const auto inner = std::make_unique<FormReader>(FormKind::kJson);
  inner->within_ = true;
  inner->push(as_bytes(text));
  if (inner->secret_kind_ == SecretKind::kNone) return;
  secret_kind_ = inner->secret_kind_;
  keep_secret(inner->secret_.bytes(), inner->secret_length_);
  if (inner->has_user_ && !has_user_) {
    has_user_ = true;
    user_ = inner->user_;
  }
}

// name: "value" pairs, wherever they stand.
void FormReader::graphql(std::string_view document) {
  for (std::size_t colon = document.find(':'); colon != std::string_view::npos;
       colon = document.find(':', colon + 1)) {
    std::size_t begin = colon;
    while (begin > 0 && (is_alpha(document[begin - 1]) || is_digit(document[begin - 1]) ||
                         document[begin - 1] == '_')) {
      --begin;
    }
    const std::string_view rest = trim_left(document.substr(colon + 1));
    if (begin == colon || !rest.starts_with('"')) continue;
    const std::string_view value = rest.substr(1, rest.find('"', 1) - 1);
    field(document.substr(begin, colon - begin), as_bytes(value), value.size());
  }
}

void FormReader::end_field() {
  if (!name_too_long_ && name_size_ != 0) field(name(), value_.bytes(), value_length_);
  clear_name();
  name_too_long_ = false;
  clear_value();
}

void FormReader::push(Bytes bytes) {
  for (const std::uint8_t byte : bytes) {
    // UTF-16 (RFC 8259 section 8.1 forbids it, some send it): every other byte of a name is 0.
    if (byte == 0 && kind_ != FormKind::kLines) continue;
    switch (kind_) {
      case FormKind::kUnknown:
        sniff(byte);
        break;
      case FormKind::kUrlEncoded:
      case FormKind::kQuery:
        url_encoded(byte);
        break;
      case FormKind::kMultipart:
        multipart(byte);
        break;
      case FormKind::kJson:
        json(byte);
        break;
      case FormKind::kXml:
        xml(byte);
        break;
      case FormKind::kLines:
        lines(byte);
        break;
    }
  }
}

// Content-Type is often wrong, and often missing: the first byte is not.
void FormReader::sniff(std::uint8_t byte) {
  // A byte order mark (EF BB BF, FE FF, FF FE) and blanks stand in front of nothing.
  if (is_blank(byte) || byte == 0xef || byte == 0xbb || byte == 0xbf || byte >= 0xfe) return;
  switch (byte) {
    case '{':
    case '[':
      kind_ = FormKind::kJson;
      break;
    case '<':
      kind_ = FormKind::kXml;
      break;
    case '-':
      kind_ = FormKind::kMultipart;
      break;
    default:
      kind_ = FormKind::kUrlEncoded;
      break;
  }
  push({&byte, 1});
}

void FormReader::url_encoded(std::uint8_t byte) {
  if (escape_ > 0) {
    percent(byte);
    return;
  }
  if (byte == '&' || byte == ';' || byte == '\r' || byte == '\n') {
    end_field();
    part_ = Part::kStart;
  } else if (byte == '=' && part_ != Part::kValue) {
    part_ = Part::kValue;
  } else if (byte == '%') {
    escape_ = 2;
    escaped_ = 0;
  } else {
    const std::uint8_t plain = byte == '+' ? std::uint8_t{' '} : byte;
    if (part_ == Part::kValue) {
      put_value(plain);
    } else {
      put_name(plain);
    }
  }
}

// %XX. What is no escape stands for itself.
void FormReader::percent(std::uint8_t byte) {
  const int digit = hex_digit(byte);
  if (digit < 0) {
    escape_ = 0;
    if (part_ == Part::kValue) {
      put_value('%');
    } else {
      put_name('%');
    }
    url_encoded(byte);
    return;
  }
  escaped_ = escaped_ * 16 + static_cast<std::uint32_t>(digit);
  if (--escape_ > 0) return;
  if (part_ == Part::kValue) {
    put_value(static_cast<std::uint8_t>(escaped_));
  } else {
    put_name(static_cast<std::uint8_t>(escaped_));
  }
}

void FormReader::lines(std::uint8_t byte) {
  if (byte == '\n' || byte == 0) {
    end_field();
    part_ = Part::kStart;
  } else if (byte == ':' && part_ != Part::kValue) {
    part_ = Part::kValue;
  } else if (byte != '\r' && !(byte == ' ' && value_length_ == 0 && part_ == Part::kValue)) {
    if (part_ == Part::kValue) {
      put_value(byte);
    } else {
      put_name(byte);
    }
  }
}

void FormReader::json(std::uint8_t byte) {
  if (part_ == Part::kString) {
    if (escape_ != 0) {
      json_escape(byte);
    } else if (byte == '\\') {
      escape_ = -1;
    } else if (byte == '"') {
      json_string_ends();
    } else if (expects_value_) {
      put_value(byte);
    } else {
      put_name(byte);
    }
    return;
  }
  if (part_ == Part::kScalar) {
    if (!is_blank(byte) && byte != ',' && byte != '}' && byte != ']') {
      put_value(byte);
      return;
    }
    // true, false and null are no secrets.
    if (const char first = static_cast<char>(value_.bytes().empty() ? 0 : value_.bytes()[0]);
        !is_digit(first) && first != '-') {
      clear_value();
    }
    end_field();
    expects_value_ = false;
    part_ = Part::kBetween;
  }
  if (byte == '"') {
    part_ = Part::kString;
    if (!expects_value_) {
      clear_name();
      name_too_long_ = false;
    }
  } else if (byte == ':') {
    expects_value_ = true;
  } else if (byte == ',' || byte == '{' || byte == '}' || byte == ']') {
    expects_value_ = false;
  } else if (expects_value_ && byte != '[' && !is_blank(byte)) {
    part_ = Part::kScalar;
    put_value(byte);
  }
}

// RFC 8259 section 7: \n and kin, \uXXXX, the latter in pairs beyond the first plane.
void FormReader::json_escape(std::uint8_t byte) {
  if (escape_ < 0) {
    escape_ = 0;
    if (byte == 'u') {
      escape_ = 4;
      escaped_ = 0;
      return;
    }
    constexpr std::string_view kFrom = "nrtbf";
    constexpr std::string_view kTo = "\n\r\t\b\f";
    const std::size_t at = kFrom.find(static_cast<char>(byte));
    put_utf8(at == std::string_view::npos ? byte : static_cast<std::uint8_t>(kTo[at]),
             !expects_value_);
    return;
  }
  const int digit = hex_digit(byte);
  if (digit < 0) {
    escape_ = 0;
    json(byte);
    return;
  }
  escaped_ = escaped_ * 16 + static_cast<std::uint32_t>(digit);
  if (--escape_ > 0) return;
  if (escaped_ >= 0xd800 && escaped_ < 0xdc00) {
    high_surrogate_ = escaped_;
    return;
  }
  if (escaped_ >= 0xdc00 && escaped_ < 0xe000) {
    if (high_surrogate_ == 0) return;
    escaped_ = 0x10000 + ((high_surrogate_ - 0xd800) << 10) + (escaped_ - 0xdc00);
  }
  high_surrogate_ = 0;
  put_utf8(escaped_, !expects_value_);
}

void FormReader::json_string_ends() {
  part_ = Part::kBetween;
  if (!expects_value_) return;  // a name, if a colon follows
  end_field();
  expects_value_ = false;
}

bool FormReader::finish(Context& context) {
  // A form that ends in the midst of a field still shows what it shows.
  if (kind_ == FormKind::kXml) {
    if (part_ == Part::kText) xml_text_ends({element_.data(), element_size_});
  } else if (kind_ != FormKind::kMultipart || !is_file_) {
    if (kind_ != FormKind::kJson || expects_value_) end_field();
  }
  if (signed_ && secret_kind_ == SecretKind::kNone) context.facts.opaque_login = true;
  if (secret_kind_ == SecretKind::kNone) return false;
  const SecretKind kind = secret_kind_;
  secret_kind_ = SecretKind::kNone;
  Mechanism mechanism = "form-post";
  switch (kind_) {
    case FormKind::kQuery:
      mechanism = "form-get";
      break;
    case FormKind::kJson:
      mechanism = "json-post";
      break;
    case FormKind::kXml:
      mechanism = "xml-post";
      break;
    default:
      break;
  }
  const std::string user = has_user_ ? user_ : std::string();
  context.add_credential(user, mechanism, kind, {}, secret_.bytes(),
                         static_cast<std::uint32_t>(secret_length_));
  return true;
}

}  // namespace capstan::audit
