#include "tools/common/file_words.h"

#include <algorithm>
#include <filesystem>
#include <string_view>

namespace capstan::tools {

namespace {

bool is_file_name(const std::string& word) {
  for (const std::string_view ending :
       {".pcap", ".pcapng", ".cap", ".ntar", ".gz", ".zst", ".part"}) {
    if (word.ends_with(ending)) return true;
  }
  std::error_code ignored;
  const auto type = std::filesystem::status(word, ignored).type();
  const bool there =
      type != std::filesystem::file_type::not_found && type != std::filesystem::file_type::none;
  // A network is written with a slash too: net 10.0.0.0/8.
  const bool path = word.starts_with('/') || word.starts_with("./") || word.starts_with("../");
  return path || (there && type != std::filesystem::file_type::directory);
}

}  // namespace

std::size_t leading_file_names(std::span<const std::string> words) {
  return static_cast<std::size_t>(std::find_if_not(words.begin(), words.end(), is_file_name) -
                                  words.begin());
}

}  // namespace capstan::tools
