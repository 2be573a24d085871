// Responses: bodies with the headers that every answer of this server has, for libmicrohttpd.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tools/serve/answer.h"
#include "tools/serve/pages.h"

struct MHD_Connection;
struct MHD_Response;

namespace capstan::serve {

// Nothing of this server runs in or is shown in another site's page, no page of it loads anything
// from elsewhere, no text becomes markup, and no cache keeps what it says.
inline constexpr const char* kContentPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'";

// Each queues one answer and returns false when libmicrohttpd could not: the connection ends then.
// `status`: what a page is answered with, 304 when the client has it already.
bool queue_page(MHD_Connection* connection, const Page& page, unsigned& status);
bool queue_text(MHD_Connection* connection, unsigned status, const std::string& type,
                std::string_view body, const HeaderLines& headers = {});
// What an Answer has; a stream is read from it, with `pause` when there is nothing yet.
bool queue_answer(MHD_Connection* connection, const Answer::Head& head,
                  const std::shared_ptr<Answer>& answer, std::function<void()> pause);

}  // namespace capstan::serve
