// Any bytes as a TOML file: what check_toml_depth() lets through, toml++ parses and takes apart
// within the stack.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/core/errors.h"
#include "tools/common/toml_text.h"

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    capstan::tools::check_toml_depth(text, "input");
    static_cast<void>(toml::parse(text));
  } catch (const capstan::UsageError&) {
  } catch (const toml::parse_error&) {
  }
  return 0;
}
