#include "tools/serve/responses.h"

#include <fmt/format.h>
#include <microhttpd.h>

#include "tools/serve/access.h"

namespace capstan::serve {

namespace {

constexpr std::size_t kPieceBytes = 64U << 10;

struct ResponseEnd {
  void operator()(MHD_Response* response) const noexcept { ::MHD_destroy_response(response); }
};
using Response = std::unique_ptr<MHD_Response, ResponseEnd>;

bool add(MHD_Response* response, const char* name, const std::string& value) {
  return ::MHD_add_response_header(response, name, value.c_str()) == MHD_YES;
}

// Tells this process from every other: who asks through connections that were dialled may meet two
// of one name.
const std::string& instance() {
  static const std::string text = make_secret().substr(0, 16);
  return text;
}

bool finish(MHD_Connection* connection, unsigned status, const Response& response,
            const std::string& type, const char* caching) {
  if (!response) return false;
  MHD_Response* const raw = response.get();
  const bool good =
      add(raw, "Content-Type", type) && add(raw, "Cache-Control", caching) &&
      add(raw, "Content-Security-Policy", kContentPolicy) &&
      add(raw, "Capstan-Instance", instance()) && add(raw, "X-Content-Type-Options", "nosniff") &&
      add(raw, "X-Frame-Options", "DENY") && add(raw, "Referrer-Policy", "no-referrer") &&
      add(raw, "Cross-Origin-Opener-Policy", "same-origin") &&
      add(raw, "Cross-Origin-Resource-Policy", "same-origin") &&
      add(raw, "Permissions-Policy",
          "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
  return good && ::MHD_queue_response(connection, status, raw) == MHD_YES;
}

// What a stream needs while libmicrohttpd reads it.
struct Stream {
  std::shared_ptr<Answer> answer;
  std::function<void()> pause;
  MHD_Response* response = nullptr;
};

ssize_t read_stream(void* context, std::uint64_t /*position*/, char* buffer, std::size_t most) {
  auto& stream = *static_cast<Stream*>(context);
  std::size_t count = 0;
  switch (stream.answer->read(buffer, most, count, stream.pause)) {
    case Answer::Read::kBytes:
      return static_cast<ssize_t>(count);
    case Answer::Read::kWait:
      return 0;
    case Answer::Read::kEnd:
      for (const auto& [name, value] : stream.answer->trailers()) {
        ::MHD_add_response_footer(stream.response, name.c_str(), value.c_str());
      }
      return MHD_CONTENT_READER_END_OF_STREAM;
    case Answer::Read::kFailed:
      return MHD_CONTENT_READER_END_WITH_ERROR;
  }
  return MHD_CONTENT_READER_END_WITH_ERROR;
}

void end_stream(void* context) {
  const std::unique_ptr<Stream> stream(static_cast<Stream*>(context));
  stream->answer->leave();
}

}  // namespace

bool queue_page(MHD_Connection* connection, const Page& page, unsigned& status) {
  // By its content: 64 bits of FNV-1a tell versions of one program apart.
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : page.body) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  const std::string tag = fmt::format("\"{:016x}\"", hash);
  const char* const known =
      ::MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "If-None-Match");
  const bool same = known != nullptr && tag == known;
  status = same ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK;
  const std::string_view body = same ? std::string_view() : page.body;
  const Response response(::MHD_create_response_from_buffer(
      body.size(), const_cast<char*>(body.data()), MHD_RESPMEM_PERSISTENT));
  if (response) add(response.get(), "ETag", tag);
  return finish(connection, status, response, page.type, "no-cache");
}

bool queue_text(MHD_Connection* connection, unsigned status, const std::string& type,
                std::string_view body, const HeaderLines& headers) {
  const Response response(::MHD_create_response_from_buffer(
      body.size(), const_cast<char*>(body.data()), MHD_RESPMEM_MUST_COPY));
  for (const auto& [name, value] : headers) {
    if (response && !add(response.get(), name.c_str(), value)) return false;
  }
  return finish(connection, status, response, type, "no-store");
}

bool queue_answer(MHD_Connection* connection, const Answer::Head& head,
                  const std::shared_ptr<Answer>& answer, std::function<void()> pause) {
  if (head.whole) return queue_text(connection, head.status, head.type, head.body, head.headers);
  if (head.status == 0) return false;  // failed before it began
  auto stream = std::make_unique<Stream>(Stream{answer, std::move(pause), nullptr});
  Stream* const raw = stream.get();
  const Response response(::MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, kPieceBytes,
                                                              &read_stream, raw, &end_stream));
  if (!response) return false;
  static_cast<void>(stream.release());  // end_stream() has it now
  raw->response = response.get();
  for (const auto& [name, value] : head.headers) {
    if (!add(response.get(), name.c_str(), value)) return false;
  }
  return finish(connection, head.status, response, head.type, "no-store");
}

}  // namespace capstan::serve
