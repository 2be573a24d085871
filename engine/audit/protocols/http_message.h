// HttpMessage: what one request or response shows of a login, in any version of HTTP.
//
// RFC 9110 (fields, authentication), RFC 3986 (userinfo, query), RFC 6749 and 6750 (OAuth tokens in
// headers, forms and queries). http.cc extracts the parts from HTTP/1, http2.cc from HTTP/2.
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
  // A header or trailer field, with folded lines joined.
  void field(std::string_view name, std::string_view value, bool request, Context& context);
  // Whether field() can use a field of this name: other fields need not be kept for it.
  static bool is_telling(std::string_view name, bool request) noexcept;

  // Whether this body should be read. Valid after all fields have been passed in.
  bool reads_body() const noexcept { return body_kind_ != BodyKind::kOther; }
  // The next bytes of a request's body, without the transfer coding. False: no more are wanted.
  bool body(Bytes bytes, Context& context);
  // The message has ended, or no more of it will be seen.
  void finish(Context& context);

 private:
  enum class BodyKind : std::uint8_t { kUntyped, kForm, kUnreadable, kOther };
  // A login is near the start of a body; after this many decoded bytes reading stops.
  static constexpr std::size_t kMaxBody = std::size_t{1} << 20;

  void content_type(std::string_view value);
  void wsse(std::string_view value, Context& context);

  BodyKind body_kind_ = BodyKind::kUntyped;
  FormKind form_kind_ = FormKind::kUnknown;
  ContentCoding coding_ = ContentCoding::kIdentity;
  std::size_t body_bytes_ = 0;
  bool beyond_ = false;  // the body was longer than the limit, or could not be decoded
  std::unique_ptr<BodyDecoder> decoder_;
  std::unique_ptr<FormReader> form_;
};

}  // namespace capstan::audit
