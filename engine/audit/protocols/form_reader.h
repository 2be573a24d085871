// FormReader: finds a login in a form, a query, a JSON document or an XML document, which it reads
// byte by byte.
//
// It does not matter how the bytes are split (segments, chunks, a content coding) or how long they
// are: a field is always found. Only the name of the present field, its value up to a limit, and
// the first secret until the end of the form are kept.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "engine/audit/login_words.h"
#include "engine/audit/recogniser.h"
#include "engine/audit/secret_buffer.h"

namespace capstan::audit {

enum class FormKind : std::uint8_t {
  kUnknown,     // determined from the first byte
  kUrlEncoded,  // WHATWG URL section 5.1; also used for text/plain forms
  kQuery,       // the same, in a request target: RFC 3986 section 3.4
  kMultipart,   // RFC 7578
  kJson,        // RFC 8259
  kXml,    // SOAP (WS-Security UsernameToken), XML-RPC, any element or attribute with such a name
  kLines,  // lines of "name: value", as in STOMP
};

class FormReader {
 public:
  explicit FormReader(FormKind kind) noexcept : kind_(kind) {}
  FormReader(const FormReader&) = delete;
  FormReader& operator=(const FormReader&) = delete;

  // Reads the next bytes, which must be decoded.
  void push(Bytes bytes);
  // No more bytes will come. Reports the login if there is one, and returns true then.
  bool finish(Context& context);

  // Adds one field from outside a body, such as the header field X-Auth-User.
  void field(std::string_view name, Bytes value, std::size_t length);
  FormKind kind() const noexcept { return kind_; }
  // Whether this is a pre-signed request (AWS, Google, Azure): it proves that the client has a key,
  // but does not contain the key.
  bool signed_request() const noexcept { return signed_; }

 private:
  static constexpr std::size_t kMaxName = 96;
  static constexpr std::size_t kMaxValue = 1024;  // further bytes are only counted

  enum class Part : std::uint8_t {
    kStart,
    kName,
    kValue,
    kHeaders,    // multipart: after a boundary
    kDelimiter,  // multipart: the rest of a boundary's line
    kText,       // XML: between tags
    kTag,
    kString,  // JSON
    kScalar,
    kBetween,
  };

  void url_encoded(std::uint8_t byte);
  void percent(std::uint8_t byte);
  void multipart(std::uint8_t byte);
  void multipart_header();
  void read_extended_name(std::string_view value);
  void json(std::uint8_t byte);
  void json_escape(std::uint8_t byte);
  void json_string_ends();
  void xml(std::uint8_t byte);
  void xml_tag_ends();
  void xml_text_ends(std::string_view name);
  void xml_rpc_parameter();
  void lines(std::uint8_t byte);
  void sniff(std::uint8_t byte);

  void put_name(std::uint8_t byte) noexcept;
  void put_value(std::uint8_t byte) noexcept;
  void put_utf8(std::uint32_t code, bool in_name) noexcept;
  void clear_name() noexcept { name_size_ = 0; }
  void clear_value() noexcept;
  void end_field();
  // Replaces the secret kept so far. `value` is the beginning of a secret of `length` bytes.
  void keep_secret(Bytes value, std::size_t length) noexcept;
  void graphql(std::string_view document);
  void nested(Bytes value);
  std::string_view name() const noexcept { return {name_.data(), name_size_}; }

  FormKind kind_;
  bool within_ = false;  // this object reads the value of another reader's field
  Part part_ = Part::kStart;
  std::array<char, kMaxName> name_{};
  std::size_t name_size_ = 0;
  bool name_too_long_ = false;
  SecretBuffer<kMaxValue> value_;
  std::size_t value_length_ = 0;
  int escape_ = 0;  // characters of an escape that are still to come
  std::uint32_t escaped_ = 0;
  std::uint32_t high_surrogate_ = 0;
  std::size_t matched_ = 0;  // multipart: matched bytes of the mark that ends a value
  bool is_file_ = false;
  bool expects_value_ = false;  // JSON: after a colon
  std::uint8_t quote_ = 0;      // XML: inside a quoted attribute
  SecretBuffer<512> tag_;       // XML: the present tag; multipart: the present header line
  std::array<char, 48> element_{};
  std::size_t element_size_ = 0;
  bool digest_type_ = false;       // XML: the element's Type says that it holds a digest
  std::array<char, 48> method_{};  // XML-RPC
  std::size_t method_size_ = 0;
  int parameter_ = -1;
  std::array<char, kMaxName> member_{};
  std::size_t member_size_ = 0;

  // What was found so far.
  std::string user_;
  bool has_user_ = false;
  SecretBuffer<kMaxValue> secret_;
  std::size_t secret_length_ = 0;
  SecretKind secret_kind_ = SecretKind::kNone;
  bool signed_ = false;
};

}  // namespace capstan::audit
