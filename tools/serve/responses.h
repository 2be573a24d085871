// Responses: bodies and the headers that every answer of this server has, for libmicrohttpd.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tools/serve/answer.h"
#include "tools/serve/pages.h"

struct MHD_Connection;
struct MHD_Response;

namespace capstan::serve {

// Content Security Policy and related headers: no page of this server runs or is shown inside
// another site's page, none loads anything from elsewhere, no text becomes markup, and nothing is
// cached.
inline constexpr const char* kContentPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'";

// Each function queues one answer and returns false when libmicrohttpd could not do it: the
// connection then ends. `status`: set to the status of the page, 304 when the client has it
// already.
bool queue_page(MHD_Connection* connection, const Page& page, unsigned& status);
bool queue_text(MHD_Connection* connection, unsigned status, const std::string& type,
                std::string_view body, const HeaderLines& headers = {});
// Answers from an Answer. A stream is read from it; `pause` is called when there is nothing to read
// yet.
bool queue_answer(MHD_Connection* connection, const Answer::Head& head,
                  const std::shared_ptr<Answer>& answer, std::function<void()> pause);

}  // namespace capstan::serve
