#include "tools/serve/pages.h"

namespace capstan::serve {

const Page* find_page(std::string_view name) noexcept {
  for (const Page& page : pages()) {
    if (name == page.name) return &page;
  }
  return nullptr;
}

const Page* page_at(std::string_view path) noexcept {
  if (path == "/") return find_page("index.html");
  // Described to those who may ask it something: /api/v1/openapi.json.
  if (path.substr(0, 1) != "/" || path == "/index.html" || path == "/openapi.json") return nullptr;
  return find_page(path.substr(1));
}

}  // namespace capstan::serve
