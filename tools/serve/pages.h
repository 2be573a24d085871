// Pages: the files of tools/serve/page, in the binary. Made at build time by embed.cmake.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace capstan::serve {

struct Page {
  const char* name;  // "app.css"
  const char* type;  // of its content
  std::string_view body;
};

std::span<const Page> pages();

// By the file's name; null: there is none.
const Page* find_page(std::string_view name) noexcept;
// What a path of the server shows; null: nothing. "/" is index.html.
const Page* page_at(std::string_view path) noexcept;

}  // namespace capstan::serve
