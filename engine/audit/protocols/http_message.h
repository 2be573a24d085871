// HttpMessage: what one request or answer shows of a login, whichever version of HTTP frames it.
//
// RFC 9110 (fields, authentication), RFC 3986 (userinfo, query), RFC 6749 and 6750 (OAuth tokens in
// headers, forms and queries). http.cc takes it out of HTTP/1, http2.cc out of HTTP/2.
#pragma once

#include <memory>
#include <string_view>

#include "engine/audit/protocols/body_decoder.h"
#include "engine/audit/protocols/form_reader.h"

namespace capstan::audit {

class HttpMessage {
 public:
  // The request's target: userinfo, path parameters, query and fragment.
  void target(std::string_view target, Context& context);
  // A header or trailer field, unfolded.
  void field(std::string_view name, std::string_view value, bool request, Context& context);
  // Whether field() may learn something from a field of this name: others need not be kept for it.
  static bool is_telling(std::string_view name, bool request) noexcept;

  // Whether this body is worth reading. Valid once all fields have been seen.
  bool reads_body() const noexcept { return body_kind_ != BodyKind::kOther; }
  // The next bytes of a request's body, its transfer coding off. False: no more are wanted.
  bool body(Bytes bytes, Context& context);
  // The message is over, or no more of it will be seen.
  void finish(Context& context);

 private:
  enum class BodyKind : std::uint8_t { kUntyped, kForm, kUnreadable, kOther };
  // A login stands early in a body; behind this many bytes, decoded, no more is read.
  static constexpr std::size_t kMaxBody = std::size_t{1} << 20;

  void content_type(std::string_view value);
  void wsse(std::string_view value, Context& context);

  BodyKind body_kind_ = BodyKind::kUntyped;
  FormKind form_kind_ = FormKind::kUnknown;
  ContentCoding coding_ = ContentCoding::kIdentity;
  std::size_t body_bytes_ = 0;
  bool beyond_ = false;  // the body was longer than is read, or could not be decoded
  std::unique_ptr<BodyDecoder> decoder_;
  std::unique_ptr<FormReader> form_;
};

}  // namespace capstan::audit
