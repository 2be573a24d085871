// Pages: the files of tools/serve/page, embedded in the program at build time by embed.cmake.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace capstan::serve {

struct Page {
  const char* name;  // "app.css"
  const char* type;  // content type
  std::string_view body;
};

std::span<const Page> pages();

// Finds a page by its file name; null: there is none.
const Page* find_page(std::string_view name) noexcept;
// The page for a path of the server; null: there is none. "/" is index.html.
const Page* page_at(std::string_view path) noexcept;

}  // namespace capstan::serve
