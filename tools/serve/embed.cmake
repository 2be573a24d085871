# cmake -DOUTPUT=pages_data.cc -DFOLDER=page -P embed.cmake: every file of FOLDER as an array of bytes.
set(types_html "text/html; charset=utf-8")
set(types_css "text/css; charset=utf-8")
set(types_js "text/javascript; charset=utf-8")
set(types_svg "image/svg+xml")
set(types_json "application/json")
file(GLOB names RELATIVE ${FOLDER} ${FOLDER}/*)
list(SORT names)
set(arrays "")
set(rows "")
set(number 0)
foreach(name IN LISTS names)
  get_filename_component(ending ${name} LAST_EXT)
  string(SUBSTRING ${ending} 1 -1 ending)
  file(READ ${FOLDER}/${name} bytes HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  string(APPEND arrays "constexpr unsigned char kPage${number}[] = {${bytes}};\n")
  string(APPEND rows "    {\"${name}\", \"${types_${ending}}\", text_of(kPage${number}, sizeof(kPage${number}))},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUTPUT}.new "// Made by tools/serve/embed.cmake.
#include \"tools/serve/pages.h\"

namespace capstan::serve {

namespace {

${arrays}
std::string_view text_of(const unsigned char* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

std::span<const Page> pages() {
  static const Page kPages[] = {
${rows}  };
  return kPages;
}

}  // namespace capstan::serve
")
file(COPY_FILE ${OUTPUT}.new ${OUTPUT} ONLY_IF_DIFFERENT)
